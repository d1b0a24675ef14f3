"""From labels to the entries of an answer: groups resolved, one entry a mode, escalation before collaboration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from escalation.groups import GroupResolver
from escalation.prediction import Entry
from escalation.reasons import reasons_for, resolution_reason
from escalation.rulebook import DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.decision import Decision
    from escalation.groups import Resolution
    from escalation.model.attribution import Attribution
    from escalation.rulebook import Rulebook
    from escalation.rules.evidence import EvidenceReader
    from escalation.signals import Signals


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
        attributions: Mapping[str, Attribution],
    ) -> tuple[tuple[Entry, ...], tuple[Entry, ...], dict[str, tuple[str, str]]]:
        """Make the entries of the labels that are given.

        Returns
        -------
        escalate, collaborate : tuple of Entry
            No mode stands in both.
        targets : dict of str to tuple of str
            Disposition and target in the answer, by label.
        """
        found: dict[str, tuple[str, Entry]] = {}
        targets: dict[str, tuple[str, str]] = {}
        # Stable: escalations first, each disposition by falling probability.
        ranked = sorted(labels, key=lambda label: -(decisions[label].probability or 0.0))
        for label in sorted(ranked, key=lambda label: not label.startswith("escalate:")):
            disposition, _, target = label.partition(":")
            group = self._rulebook.groups.get(target)
            resolution = self._resolver.resolve(group, signals.evidence) if group else None
            entry = self._entry(label, target, decisions[label], signals, attributions.get(label), resolution)
            held = found.get(entry.target)
            if held is None:
                found[entry.target] = disposition, entry
            elif held[0] == disposition:
                reasons = tuple(dict.fromkeys(held[1].reasons + entry.reasons))
                found[entry.target] = disposition, replace(held[1], reasons=reasons)
            else:
                continue
            targets[label] = disposition, entry.target
        sides = {side: tuple(entry for by, entry in found.values() if by == side) for side in DISPOSITIONS}
        return sides["escalate"], sides["collaborate"], targets

    def _entry(
        self,
        label: str,
        target: str,
        decision: Decision,
        signals: Signals,
        attribution: Attribution | None,
        resolution: Resolution | None,
    ) -> Entry:
        reasons = reasons_for(label, signals, attribution, self._cue_names)
        mode: str | None = target
        group = None
        candidates: tuple[str, ...] = ()
        if resolution is not None:
            group, mode, candidates = target, resolution.mode, resolution.candidates
            reasons += resolution_reason(resolution, signals.evidence.reading.text)
        probability = None if decision.probability is None else round(decision.probability, 4)
        return Entry(mode, group, candidates, probability, decision.source, tuple(reasons))
