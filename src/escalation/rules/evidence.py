"""What of the rulebook stands in a task: cues and technologies, with offsets, mentions taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalation.rulebook.loading import TECHNOLOGY_CUE
from escalation.rulebook.phrases import GAP, PhraseFinder, compile_phrase
from escalation.text import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.rulebook.phrases import Hit
    from escalation.rulebook.types import Condition, Rulebook, Wanted
    from escalation.stack import StackProfile
    from escalation.text import Reading

_REACH = 4
"""How many words after "no" or "without" a mention may begin to be taken back."""
_SEPARATOR = "\0"
_NAMES_KEPT = 4096
"""As many names of Stack Profiles are remembered with the technologies that they mean."""


@dataclass(frozen=True, slots=True)
class CueHit:
    """A cue in a text.

    Attributes
    ----------
    cue : str
        Id of the cue; ``tech.CATEGORY`` for a technology.
    start, end : int
        Offsets in the text, in characters.
    clause : int
        Number of the clause.
    asked : bool
        Whether a work verb stands in the clause.
    taken_back : bool
        Whether a negation or the like takes it back.
    technology : str or None
        Name of the technology.
    """

    cue: str
    start: int
    end: int
    clause: int
    asked: bool = False
    taken_back: bool = False
    technology: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All hits of a task, by clause, and the technologies of text and stack."""

    reading: Reading
    hits: tuple[CueHit, ...]
    live: dict[int, dict[str, list[CueHit]]]
    stack: frozenset[str]
    stack_given: bool

    @property
    def technologies(self) -> dict[str, CueHit]:
        """Technologies that the text names and does not take back, each with its first mention."""
        named: dict[str, CueHit] = {}
        for hit in self.hits:
            if hit.technology and not hit.taken_back:
                named.setdefault(hit.technology, hit)
        return named

    def matches(self, condition: Condition, clause: int) -> list[CueHit]:
        """Give the hits that fulfil a condition in a clause, or an empty list."""
        present = self.live.get(clause)
        if not present:
            return []
        found: list[CueHit] = []
        for wanted in condition.all:
            hits = self._present(wanted, present, clause)
            if not hits:
                return []
            found.extend(hits)
        for unwanted in condition.none:
            if self._present(unwanted, present, clause):
                return []
        return found

    def _present(self, wanted: Wanted, present: dict[str, list[CueHit]], clause: int) -> list[CueHit]:
        hits = present.get(wanted.cue, [])
        if not hits or not wanted.only:
            return hits
        if wanted.only == "title":
            return hits if clause == 0 else []
        return [hit for hit in hits if hit.technology not in self.stack]


class _TakenBack:
    """What takes mentions back in one clause; asking costs the same however much there is."""

    def __init__(self) -> None:
        self._ends: set[int] = set()
        self._first_end: int | None = None
        self._last_start: int | None = None

    def add(self, hit: Hit, *, whole: bool) -> None:
        if not whole:
            self._ends.add(hit.last)
            return
        self._first_end = hit.last if self._first_end is None else min(self._first_end, hit.last)
        self._last_start = hit.first if self._last_start is None else max(self._last_start, hit.first)

    def covers(self, hit: Hit) -> bool:
        """Whether a mention is taken back: by what stands shortly before it, or anywhere beside it in the clause."""
        if any(hit.first - skipped in self._ends for skipped in range(_REACH)):
            return True
        before = self._first_end is not None and self._first_end <= hit.first
        after = self._last_start is not None and self._last_start >= hit.last
        return before or after


class EvidenceReader:
    """Finds the evidence of one rulebook.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._cues = rulebook.cues
        phrases: dict[str, Iterable[str]] = {cue.id: cue.phrases for cue in rulebook.cues.values()}
        for technology in rulebook.technologies.values():
            phrases[f"{TECHNOLOGY_CUE}{technology.category}{_SEPARATOR}{technology.name}"] = technology.aliases
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
        asked = {hit.clause for hit in found if hit.cue in self._cues and self._cues[hit.cue].role == "work"}
        backs: dict[int, _TakenBack] = {}
        for hit in found:
            cue = self._cues.get(hit.cue)
            if cue is not None and cue.role == "takes_back":
                backs.setdefault(hit.clause, _TakenBack()).add(hit, whole=cue.reach == "clause")
        hits: list[CueHit] = []
        live: dict[int, dict[str, list[CueHit]]] = {}
        for hit in found:
            cue_id, _, technology = hit.cue.partition(_SEPARATOR)
            cue = self._cues.get(cue_id)
            back = backs.get(hit.clause)
            taken_back = back is not None and (cue is None or cue.role != "takes_back") and back.covers(hit)
            entry = CueHit(
                cue_id,
                reading.starts[hit.first],
                reading.ends[hit.last - 1],
                hit.clause,
                hit.clause in asked,
                taken_back,
                technology or None,
            )
            hits.append(entry)
            if not taken_back:
                live.setdefault(hit.clause, {}).setdefault(cue_id, []).append(entry)
        return Evidence(reading, tuple(hits), live, self.technologies_in(stack), bool(stack))

    def technologies_in(self, stack: StackProfile) -> frozenset[str]:
        """Names of the rulebook's technologies that a Stack Profile lists, found through all aliases."""
        found: set[str] = set()
        for category, names in stack.technologies.items():
            for name in names:
                listed = self._listed.get((category, name))
                if listed is None:
                    listed = self._technologies_listed(category, name)
                    if len(self._listed) < _NAMES_KEPT:
                        self._listed[category, name] = listed
                found |= listed
        return frozenset(found)

    def _technologies_listed(self, category: str, name: str) -> frozenset[str]:
        reading = read(name)
        named = (hit.cue.partition(_SEPARATOR)[2] for hit in self._finder.find(reading))
        idioms = (technology for technology, _, _ in self.idioms_in(reading, category))
        return frozenset(technology for technology in (*named, *idioms) if technology)

    def idioms_in(self, reading: Reading, category: str) -> list[tuple[str, int, int]]:
        """Technologies of a category that a text tells by idioms alone, with their offsets."""
        finder = self._by_idiom.get(category)
        if finder is None:
            return []
        return [(hit.cue, reading.starts[hit.first], reading.ends[hit.last - 1]) for hit in finder.find(reading)]
