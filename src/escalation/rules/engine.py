"""What the rules say of every label: for, against or silent, with the cues that made them speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from escalation.rulebook.types import CORE
from escalation.rules.evidence import CueHit, Evidence, EvidenceReader
from escalation.stack import StackProfile

if TYPE_CHECKING:
    from escalation.rulebook.types import Condition, Rule, Rulebook

Value = Literal["for", "against", "silent"]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that spoke in a clause, and the cues that made it speak."""

    rule: Rule
    value: Value
    clause: int
    hits: tuple[CueHit, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a label.

    Attributes
    ----------
    value : {"for", "against", "silent"}
        ``for`` where a rule fires; ``against`` where rules would fire, were they not all taken back or
        met by what marks the ordinary; else ``silent``.
    fired : tuple of Fired
        The rules behind the value, in the order of the text.
    """

    value: Value
    fired: tuple[Fired, ...] = ()


SILENT = Verdict("silent")


class RuleEngine:
    """The documented rules as a deterministic judge, with no model and no state.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.reader = EvidenceReader(rulebook)
        self._labels = rulebook.labels
        self._rules = [(rule, self._label_names(rule)) for rule in rulebook.rules.values()]
        self._rules_of: dict[str, set[int]] = {}
        for number, (rule, _) in enumerate(self._rules):
            for condition in rule.when:
                # Every condition has a first cue: without it in a clause, the rule need not be looked at there.
                self._rules_of.setdefault(condition.all[0].cue, set()).add(number)

    def verdicts(self, text: str, stack: StackProfile | None = None) -> dict[str, Verdict]:
        """Judge every label of a task.

        Parameters
        ----------
        text : str
            The task.
        stack : StackProfile, optional

        Returns
        -------
        dict of str to Verdict
            One verdict a label of the rulebook. Time is linear in the text's length.
        """
        return self.judge(self.reader.read(text, stack or StackProfile()))

    def judge(self, evidence: Evidence) -> dict[str, Verdict]:
        """Judge every label from evidence that is read already."""
        fired: dict[str, list[Fired]] = {label: [] for label in self._labels if label != CORE}
        for clause, present in _hits_by_clause(evidence).items():
            for number in sorted({number for cue in present for number in self._rules_of.get(cue, ())}):
                rule, labels = self._rules[number]
                spoken = _speak(rule, evidence, clause, present)
                if spoken is not None:
                    for label in labels:
                        fired[label].append(spoken)
        verdicts = {label: _verdict(entries) for label, entries in fired.items()}
        verdicts[CORE] = self._core(evidence, verdicts)
        return verdicts

    def _label_names(self, rule: Rule) -> tuple[str, ...]:
        """Labels of a rule, members of a group under the group's name."""
        return tuple(dict.fromkeys(self.rulebook.label(rule.disposition, target) for target in rule.targets))

    def _core(self, evidence: Evidence, verdicts: dict[str, Verdict]) -> Verdict:
        """For where its own work is named, or where something is shared and nothing handed over."""
        own = any(
            evidence.matches(condition, clause) for clause in evidence.live for condition in self.rulebook.core.when
        )
        speaking = {label.partition(":")[0] for label, verdict in verdicts.items() if verdict.value == "for"}
        if own or speaking == {"collaborate"}:
            return Verdict("for")
        return Verdict("against") if "escalate" in speaking else SILENT


def _hits_by_clause(evidence: Evidence) -> dict[int, dict[str, list[CueHit]]]:
    """All hits, also those taken back: what would have spoken."""
    every: dict[int, dict[str, list[CueHit]]] = {}
    for hit in evidence.hits:
        every.setdefault(hit.clause, {}).setdefault(hit.cue, []).append(hit)
    return every


def _speak(rule: Rule, evidence: Evidence, clause: int, present: dict[str, list[CueHit]]) -> Fired | None:
    """Give what a rule says of a clause: for, or against where it is met by the ordinary or taken back."""
    for condition in rule.when:
        hits = evidence.matches(condition, clause)
        if hits:
            opposing = next((found for other in rule.unless if (found := evidence.matches(other, clause))), None)
            return (
                Fired(rule, "against", clause, tuple(opposing)) if opposing else Fired(rule, "for", clause, tuple(hits))
            )
        mentioned = _mentioned(condition, present)
        if any(hit.taken_back for hit in mentioned):
            return Fired(rule, "against", clause, tuple(mentioned))
    return None


def _mentioned(condition: Condition, present: dict[str, list[CueHit]]) -> list[CueHit]:
    found: list[CueHit] = []
    for wanted in condition.all:
        hits = present.get(wanted.cue)
        if not hits:
            return []
        found.extend(hits)
    return found


def _verdict(entries: list[Fired]) -> Verdict:
    speaking = tuple(entry for entry in entries if entry.value == "for")
    if speaking:
        return Verdict("for", speaking)
    return Verdict("against", tuple(entries)) if entries else SILENT
