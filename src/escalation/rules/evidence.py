"""What of the rulebook stands in a task: cues and technologies, mentions taken back.

A clause is three sets of marks, kept as the bits of whole numbers: what stands in it, what of that is not taken back,
and what is. Conditions of rules are such sets too, so that comparing costs the same however many cues there are.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from escalation.rules.phrases import GAP, PhraseFinder, compile_phrase
from escalation.rules.rulebook import TECHNOLOGY_CUE
from escalation.task.text import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.rules.phrases import Hit
    from escalation.rules.rulebook import Condition, Rulebook, Wanted
    from escalation.task.stack import StackProfile
    from escalation.task.text import Reading

_REACH = 4
"""How many words after "no" or "without" a mention may begin to be taken back."""
_NAMES_KEPT = 4096
_NAME_KEPT = 100
"""So many names of Stack Profiles, if they have no more characters, are remembered with the technologies they mean."""


class Mark:
    """What a phrase of the rulebook stands for.

    Attributes
    ----------
    number : int
        Place of the cue among `Rulebook.cue_ids`.
    cue : str
        Id of the cue; ``tech.CATEGORY`` for a technology.
    technology : str or None
        Name of the technology.
    asks : bool
        The cue is a work verb.
    takes_back : {"following", "clause"} or None
        How far the cue takes mentions back.
    """

    __slots__ = ("asks", "cue", "number", "takes_back", "technology")

    def __init__(
        self,
        number: int,
        cue: str,
        technology: str | None = None,
        asks: bool = False,
        takes_back: str | None = None,
    ) -> None:
        self.number = number
        self.cue = cue
        self.technology = technology
        self.asks = asks
        self.takes_back = takes_back


class CueHit(NamedTuple):
    """A cue in a text.

    Attributes
    ----------
    mark : Mark
    first, last : int
        The words that it covers, both included.
    clause : int
        Number of the clause.
    taken_back : bool
        Whether a negation or the like takes it back.
    """

    mark: Mark
    first: int
    last: int
    clause: int
    taken_back: bool


_CLAUSE = attrgetter("clause")


class ClauseMarks:
    """The marks of one clause as bits: all of them, those that are live, those taken back."""

    __slots__ = ("every", "live", "taken_back")

    def __init__(self, title: int) -> None:
        self.every = self.live = title
        self.taken_back = 0


class Evidence(NamedTuple):
    """What stands in a task.

    Attributes
    ----------
    reading : Reading
    hits : list of CueHit
        In the order of the text.
    asked : set of int
        Clauses with a work verb.
    clauses : dict of int to ClauseMarks
        Those with a hit.
    stack : frozenset of str
        Technologies that the Stack Profile lists.
    stack_given : bool
    """

    reading: Reading
    hits: list[CueHit]
    asked: set[int]
    clauses: dict[int, ClauseMarks]
    stack: frozenset[str]
    stack_given: bool

    @property
    def technologies(self) -> dict[str, CueHit]:
        """Technologies that the text names and does not take back, each with its first mention."""
        named: dict[str, CueHit] = {}
        for hit in self.hits:
            if hit.mark.technology and not hit.taken_back:
                named.setdefault(hit.mark.technology, hit)
        return named

    def names(self, cues: Iterable[str]) -> bool:
        """Whether one of some cues stands in the task and is not taken back."""
        return any(hit.mark.cue in cues and not hit.taken_back for hit in self.hits)

    def behind(self, condition: Condition, clause: int, *, taken_back: bool) -> list[CueHit]:
        """Give the hits of a condition's cues in a clause: those that are live, or also those taken back."""
        first, last = (bisect_left(self.hits, number, key=_CLAUSE) for number in (clause, clause + 1))
        here = [hit for hit in self.hits[first:last] if taken_back or not hit.taken_back]
        return [hit for wanted in condition.all for hit in here if self._is(hit, wanted, new=not taken_back)]

    def _is(self, hit: CueHit, wanted: Wanted, *, new: bool) -> bool:
        if hit.mark.cue != wanted.cue:
            return False
        return not (new and wanted.only == "new" and hit.mark.technology in self.stack)


class _TakenBack:
    """What takes mentions back in one clause; asking costs the same however much there is."""

    def __init__(self) -> None:
        self._ends: set[int] = set()
        self._first_end: int | None = None
        self._last_start: int | None = None

    def add(self, hit: Hit[Mark]) -> None:
        if hit.key.takes_back == "following":
            self._ends.add(hit.last)
            return
        self._first_end = hit.last if self._first_end is None else min(self._first_end, hit.last)
        self._last_start = hit.first if self._last_start is None else max(self._last_start, hit.first)

    def covers(self, hit: Hit[Mark]) -> bool:
        """Whether a mention is taken back: by what stands shortly before it, or anywhere beside it in the clause."""
        if hit.key.takes_back:
            return False
        if any(hit.first - skipped in self._ends for skipped in range(_REACH)):
            return True
        before = self._first_end is not None and self._first_end <= hit.first
        after = self._last_start is not None and self._last_start >= hit.last
        return before or after


class MarkSets:
    """The bits that stand for the cues of a rulebook, and what conditions look like in them.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        ids = rulebook.cue_ids
        self.number = {cue: number for number, cue in enumerate(ids)}
        # Behind the cues: a technology of the category that the stack does not list; and the first clause.
        self.new = {cue: 1 << len(ids) + number for cue, number in self.number.items()}
        self.title = 1 << 2 * len(ids)

    def of(self, wanted: Wanted) -> int:
        """The bits that must all be there for a wanted cue to be."""
        if wanted.only == "new":
            return self.new[wanted.cue]
        return 1 << self.number[wanted.cue] | (self.title if wanted.only == "title" else 0)


class EvidenceReader:
    """Finds the evidence of one rulebook.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.sets = MarkSets(rulebook)
        number = self.sets.number
        phrases: dict[Mark, Iterable[str]] = {}
        for cue in rulebook.cues.values():
            reach = cue.reach if cue.role == "takes_back" else None
            phrases[Mark(number[cue.id], cue.id, None, cue.role == "work", reach)] = cue.phrases
        for technology in rulebook.technologies.values():
            category = TECHNOLOGY_CUE + technology.category
            phrases[Mark(number[category], category, technology.name)] = technology.aliases
        self._finder = PhraseFinder(phrases)
        self._by_idiom = {
            category: PhraseFinder({t.name: t.idioms for t in rulebook.technologies.values() if t.category == category})
            for category in {t.category for t in rulebook.technologies.values() if t.idioms}
        }
        # A project's profile comes with each of its tasks.
        self._listed: dict[tuple[str, str], frozenset[str]] = {}
        self.work_verbs = frozenset(
            variant[0]
            for cue in rulebook.cues.values()
            if cue.role == "work"
            for phrase in cue.phrases
            for variant in compile_phrase(phrase)
            if len(variant) == 1 and GAP not in variant and not variant[0].endswith("*")
        )

    def read(self, text: str, stack: StackProfile) -> Evidence:
        """Read a task: linear in the length of its text."""
        reading = read(text, self.work_verbs)
        found = self._finder.find(reading)
        listed = self.technologies_in(stack)
        asked: set[int] = set()
        backs: dict[int, _TakenBack] = {}
        for hit in found:
            if hit.key.asks:
                asked.add(hit.clause)
            elif hit.key.takes_back:
                backs.setdefault(hit.clause, _TakenBack()).add(hit)
        hits: list[CueHit] = []
        clauses: dict[int, ClauseMarks] = {}
        for hit in found:
            mark, first, end, clause = hit
            taken_back = clause in backs and backs[clause].covers(hit)
            hits.append(CueHit(mark, first, end - 1, clause, taken_back))
            marks = clauses.get(clause)
            if marks is None:
                marks = clauses[clause] = ClauseMarks(0 if clause else self.sets.title)
            bits = 1 << mark.number
            if mark.technology and mark.technology not in listed:
                bits |= self.sets.new[mark.cue]
            marks.every |= bits
            if taken_back:
                marks.taken_back |= bits
            else:
                marks.live |= bits
        return Evidence(reading, hits, asked, clauses, listed, bool(stack))

    def technologies_in(self, stack: StackProfile) -> frozenset[str]:
        """Names of the rulebook's technologies that a Stack Profile lists, found through all aliases."""
        found: set[str] = set()
        for category, names in stack.technologies.items():
            for name in names:
                listed = self._listed.get((category, name))
                if listed is None:
                    listed = self._technologies_listed(category, name)
                    if len(self._listed) < _NAMES_KEPT and len(name) <= _NAME_KEPT:
                        self._listed[category, name] = listed
                found |= listed
        return frozenset(found)

    def _technologies_listed(self, category: str, name: str) -> frozenset[str]:
        reading = read(name)
        named = (hit.key.technology for hit in self._finder.find(reading))
        idioms = (technology for technology, _, _ in self.idioms_in(reading, category))
        return frozenset(technology for technology in (*named, *idioms) if technology)

    def idioms_in(self, reading: Reading, category: str) -> list[tuple[str, int, int]]:
        """Technologies of a category that a text tells by idioms alone, with first and last word."""
        finder = self._by_idiom.get(category)
        if finder is None:
            return []
        return [(hit.key, hit.first, hit.last - 1) for hit in finder.find(reading)]
