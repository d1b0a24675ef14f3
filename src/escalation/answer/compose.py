"""From labels to the entries of an answer: groups resolved, one entry a mode, escalation before collaboration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.answer.prediction import Entry, rounded
from escalation.answer.reasons import reasons_for, resolution_reason
from escalation.rules.groups import GroupResolver
from escalation.rules.rulebook import DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.answer.attribution import Attribution
    from escalation.answer.prediction import Reason
    from escalation.model.decision import Decision
    from escalation.model.signals import Signals
    from escalation.rules.evidence import EvidenceReader
    from escalation.rules.rulebook import Rulebook


class EntryMaker:
    """Makes the entries of answers under one rulebook.

    Parameters
    ----------
    rulebook : Rulebook
    reader : EvidenceReader
        Of the same rulebook.
    cue_names : sequence of str
        Names of the cue features.
    """

    def __init__(self, rulebook: Rulebook, reader: EvidenceReader, cue_names: Sequence[str]) -> None:
        self._rulebook = rulebook
        self._resolver = GroupResolver(rulebook, reader)
        self._cue_names = cue_names

    def entries(
        self,
        labels: Sequence[str],
        decisions: Mapping[str, Decision],
        signals: Signals,
        why: Mapping[str, Attribution] | None,
    ) -> tuple[tuple[Entry, ...], tuple[Entry, ...], dict[str, tuple[str, str]]]:
        """Make the entries of the labels that are given.

        Parameters
        ----------
        labels : sequence of str
        decisions : mapping of str to Decision
        signals : Signals
        why : mapping of str to Attribution, optional
            What the model weighed, of the labels that it decided. Without, the entries have no reasons.

        Returns
        -------
        escalate, collaborate : tuple of Entry
            No mode stands in both.
        targets : dict of str to tuple of str
            Disposition and target in the answer, by label.
        """
        found: dict[str, tuple[str, Entry]] = {}
        targets: dict[str, tuple[str, str]] = {}
        decided = {label: decisions[label] for label in labels}
        # Escalations first, each disposition by falling probability.
        for label in sorted(
            labels, key=lambda label: (not label.startswith("escalate:"), -(decided[label].probability or 0.0))
        ):
            disposition, _, target = label.partition(":")
            entry = self._entry(label, target, decided[label], signals, why)
            held = found.get(entry.target)
            if held is None:
                found[entry.target] = disposition, entry
            elif held[0] == disposition:
                reasons = tuple(dict.fromkeys(held[1].reasons + entry.reasons))
                found[entry.target] = disposition, held[1]._replace(reasons=reasons)
            else:
                continue
            targets[label] = disposition, entry.target
        sides = {side: tuple([entry for by, entry in found.values() if by == side]) for side in DISPOSITIONS}
        return sides["escalate"], sides["collaborate"], targets

    def _entry(
        self, label: str, target: str, decision: Decision, signals: Signals, why: Mapping[str, Attribution] | None
    ) -> Entry:
        group = self._rulebook.groups.get(target)
        resolution = self._resolver.resolve(group, signals.evidence) if group else None
        reasons: list[Reason] = []
        if why is not None:
            reasons = reasons_for(label, signals, why.get(label), self._cue_names)
            if resolution is not None:
                reasons += resolution_reason(resolution, signals.evidence.reading)
        probability = rounded(decision.probability)
        if resolution is None:
            return Entry(target, None, (), probability, decision.source, tuple(reasons))
        return Entry(resolution.mode, target, resolution.candidates, probability, decision.source, tuple(reasons))
