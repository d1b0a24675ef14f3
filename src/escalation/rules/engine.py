"""What the rules say of every label: for, against or silent, with the cues that made them speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from escalation.rules.evidence import EvidenceReader
from escalation.rules.rulebook import CORE
from escalation.task.stack import StackProfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escalation.rules.evidence import ClauseMarks, CueHit, Evidence, MarkSets
    from escalation.rules.rulebook import Condition, Rule, Rulebook

Value = Literal["for", "against", "silent"]
_CLAUSES_KEPT = 8192
"""What the rules say of so many kinds of clauses is remembered."""


class Fired(NamedTuple):
    """A rule that spoke in a clause.

    Attributes
    ----------
    rule : Rule
    value : {"for", "against"}
    clause : int
    condition : Condition
        The one that is met: of `when`, or of `unless` where that made it speak against.
    taken_back : bool
        It speaks against as what would have made it speak is taken back.
    """

    rule: Rule
    value: Value
    clause: int
    condition: Condition
    taken_back: bool

    def hits(self, evidence: Evidence) -> list[CueHit]:
        """Give the cues that made it speak."""
        return evidence.behind(self.condition, self.clause, taken_back=self.taken_back)


class Verdict(NamedTuple):
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


class _Sets(NamedTuple):
    """A condition as sets of marks: what must all be live, none of what must be, and its bare cues."""

    condition: Condition
    wanted: int
    unwanted: tuple[int, ...]
    cues: int

    def meets(self, live: int) -> bool:
        if live & self.wanted != self.wanted:
            return False
        return not self.unwanted or not any(live & some == some for some in self.unwanted)


class _Case(NamedTuple):
    """A rule with its conditions as sets.

    Attributes
    ----------
    firsts : int
        The first cue of each condition: without one of them in a clause, the rule has nothing to say there.
    """

    rule: Rule
    labels: tuple[str, ...]
    when: tuple[_Sets, ...]
    unless: tuple[_Sets, ...]
    firsts: int


class _Said(NamedTuple):
    """What one rule says of a kind of clause."""

    rule: Rule
    labels: tuple[str, ...]
    value: Value
    condition: Condition
    taken_back: bool


class RuleEngine:
    """The documented rules as a deterministic judge, with no model and no state.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.reader = EvidenceReader(rulebook)
        sets = self.reader.sets
        self._silent = dict.fromkeys(rulebook.labels, SILENT)
        self._cases = [self._case(rule, sets) for rule in rulebook.rules.values()]
        self._core = _as_sets(rulebook.core.when, sets)
        # Most clauses are like others: what is said of their marks is remembered.
        self._said: dict[tuple[int, int, int], tuple[tuple[_Said, ...], bool]] = {}

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
        fired: dict[str, list[Fired]] = {}
        own = False
        for clause, marks in evidence.clauses.items():
            said, core = self._of_clause(marks)
            own = own or core
            for rule, labels, value, condition, taken_back in said:
                spoken = Fired(rule, value, clause, condition, taken_back)
                for label in labels:
                    fired.setdefault(label, []).append(spoken)
        verdicts = self._silent.copy()
        shared = handed_over = False
        for label, entries in fired.items():
            speaking = tuple(entry for entry in entries if entry.value == "for")
            verdicts[label] = Verdict("for", speaking) if speaking else Verdict("against", tuple(entries))
            if speaking:
                handed_over = handed_over or label.startswith("escalate:")
                shared = shared or label.startswith("collaborate:")
        # Its own work is named, or something is shared and nothing handed over.
        if own or (shared and not handed_over):
            verdicts[CORE] = Verdict("for")
        elif handed_over:
            verdicts[CORE] = Verdict("against")
        return verdicts

    def _of_clause(self, marks: ClauseMarks) -> tuple[tuple[_Said, ...], bool]:
        """What the rules say of a clause, and whether it names the home mode's own work."""
        key = marks.live, marks.every, marks.taken_back
        known = self._said.get(key)
        if known is None:
            said = [_say(case, *key) for case in self._cases if marks.every & case.firsts]
            known = tuple(filter(None, said)), any(sets.meets(marks.live) for sets in self._core)
            if len(self._said) < _CLAUSES_KEPT:
                self._said[key] = known
        return known

    def _case(self, rule: Rule, sets: MarkSets) -> _Case:
        # Members of a group speak for the group's label.
        labels = tuple(dict.fromkeys(self.rulebook.label(rule.disposition, target) for target in rule.targets))
        firsts = 0
        for condition in rule.when:
            firsts |= 1 << sets.number[condition.all[0].cue]
        return _Case(rule, labels, _as_sets(rule.when, sets), _as_sets(rule.unless, sets), firsts)


def _as_sets(conditions: Sequence[Condition], sets: MarkSets) -> tuple[_Sets, ...]:
    found = []
    for condition in conditions:
        wanted = cues = 0
        for cue in condition.all:
            wanted |= sets.of(cue)
            cues |= 1 << sets.number[cue.cue]
        found.append(_Sets(condition, wanted, tuple(map(sets.of, condition.none)), cues))
    return tuple(found)


def _say(case: _Case, live: int, every: int, taken_back: int) -> _Said | None:
    """Give what a rule says of a clause: for, or against where it is met by the ordinary or taken back."""
    for sets in case.when:
        if sets.meets(live):
            opposing = next((other.condition for other in case.unless if other.meets(live)), None)
            if opposing is not None:
                return _Said(case.rule, case.labels, "against", opposing, False)
            return _Said(case.rule, case.labels, "for", sets.condition, False)
        if every & sets.cues == sets.cues and taken_back & sets.cues:
            return _Said(case.rule, case.labels, "against", sets.condition, True)
    return None
