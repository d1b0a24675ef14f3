"""Cue phrases and the automaton that finds them all in one reading of the words.

A phrase is words; each may offer alternatives (``add|create``), stand for its beginnings
(``migrat*``), be left out (``the?``); ``~`` stands for up to three words in between. Phrases are
cut into words as texts are, so that ``file-name.yml`` in a rulebook is what it is in a task.

A phrase has at most eight elements and two gaps, so the work at each word is bounded by the rulebook
and not by the text: finding is linear in the text's length whatever the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from escalation.text import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from escalation.text import Reading

MAX_ELEMENTS = 8
MAX_GAP = 3
MAX_GAPS = 2
MAX_VARIANTS = 256
GAP = "~"


class PhraseError(ValueError):
    """A phrase does not compile."""


@cache  # a rulebook is checked first and built into an automaton afterwards
def compile_phrase(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Spell out every variant of a phrase as a sequence of elements.

    Parameters
    ----------
    phrase : str
        A phrase as described above.

    Returns
    -------
    tuple of tuple of str
        Elements are words, beginnings ending in ``*``, and the gap ``~``.

    Raises
    ------
    PhraseError
        If the phrase is empty, begins or ends with a gap, or has too many elements or variants.
    """
    slots: list[list[tuple[str, ...]]] = []
    for slot in phrase.split():
        if slot == GAP:
            slots.append([(GAP,)])
            continue
        optional = slot.endswith("?")
        choices = [_elements(choice) for choice in slot.removesuffix("?").split("|")]
        slots.append([*choices, ()] if optional else choices)
    variants: dict[tuple[str, ...], None] = {}
    count = 1
    for slot_choices in slots:
        count *= len(slot_choices)
    if count > MAX_VARIANTS:
        raise PhraseError(f"has {count} variants, more than {MAX_VARIANTS}; write several phrases")
    for combination in product(*slots):
        variants[tuple(element for elements in combination for element in elements)] = None
    for variant in variants:
        if not variant:
            raise PhraseError("may be empty; give it at least one word that is not optional")
        if variant[0] == GAP or variant[-1] == GAP or variant.count(GAP) > MAX_GAPS:
            raise PhraseError(f"has a gap at its edge, or more than {MAX_GAPS}; a gap stands between words")
        if len(variant) > MAX_ELEMENTS:
            raise PhraseError(f"has {len(variant)} words, more than {MAX_ELEMENTS}; shorten it")
    return tuple(variants)


def _elements(choice: str) -> tuple[str, ...]:
    beginning = choice.endswith("*")
    words = words_of(choice.removesuffix("*"))
    if not words or "*" in choice[:-1] or "?" in choice or GAP in choice:
        raise PhraseError(
            f"has the element {choice!r}, which is no word; use words, alternatives a|b, beginnings wor*, "
            f"optional words word? and the gap {GAP}"
        )
    if beginning:
        words[-1] += "*"
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its cue, the words it covers and the clause it stands in."""

    cue: str
    first: int
    last: int
    clause: int


@dataclass(slots=True)
class _Node:
    words: dict[str, _Node] = field(default_factory=dict)
    beginnings: dict[str, _Node] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    gap: _Node | None = None
    cues: tuple[str, ...] = ()

    def follow(self, word: str) -> Iterator[_Node]:
        node = self.words.get(word)
        if node is not None:
            yield node
        for length in self.lengths:
            node = self.beginnings.get(word[:length])
            if node is not None:
                yield node


class PhraseFinder:
    """Finds every phrase of many cues in one pass.

    Parameters
    ----------
    phrases : mapping of str to iterable of str
        Phrases by the id of their cue.
    """

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        for cue, texts in phrases.items():
            for text in texts:
                for variant in compile_phrase(text):
                    self._add(cue, variant)

    def _add(self, cue: str, variant: tuple[str, ...]) -> None:
        node = self._root
        for element in variant:
            if element == GAP:
                node.gap = node.gap or _Node()
                node = node.gap
            elif element.endswith("*"):
                beginning = element[:-1]
                if len(beginning) not in node.lengths:
                    node.lengths = (*node.lengths, len(beginning))
                node = node.beginnings.setdefault(beginning, _Node())
            else:
                node = node.words.setdefault(element, _Node())
        if cue not in node.cues:
            node.cues += (cue,)

    def find(self, reading: Reading) -> list[Hit]:
        """Give every hit, in order of its first word; a hit never crosses the end of a clause."""
        hits: list[Hit] = []
        words = reading.words
        root = self._root
        for clause, (first, last) in enumerate(reading.clauses):
            for index in range(first, last):
                for node in root.follow(words[index]):
                    found: dict[tuple[str, int], None] = {}
                    _walk(node, words, index + 1, last, found)
                    hits.extend(Hit(cue, index, end, clause) for cue, end in found)
        return hits


def _walk(node: _Node, words: list[str], index: int, last: int, found: dict[tuple[str, int], None]) -> None:
    for cue in node.cues:
        found[cue, index] = None
    if node.gap is not None:
        for skip in range(MAX_GAP + 1):
            if index + skip >= last:
                break
            for after in node.gap.follow(words[index + skip]):
                _walk(after, words, index + skip + 1, last, found)
    if index < last:
        for after in node.follow(words[index]):
            _walk(after, words, index + 1, last, found)
