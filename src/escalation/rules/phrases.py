"""Cue phrases and the automaton that finds them all in one reading of the words.

A phrase is words; each may offer alternatives (``add|create``), stand for its beginnings
(``migrat*``), be left out (``the?``); ``~`` stands for up to three words in between. Phrases are
cut into words as texts are, so that ``file-name.yml`` in a rulebook is what it is in a task.

A phrase has at most eight elements and two gaps, so the work at each word is bounded by the rulebook
and not by the text: finding is linear in the text's length whatever the text.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from escalation.task.text import words_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from escalation.task.text import Reading

MAX_ELEMENTS = 8
MAX_GAP = 3
MAX_GAPS = 2
MAX_VARIANTS = 256
GAP = "~"
_WORDS_KEPT = 16_384
_WORD_KEPT = 40
"""So many words, if they have no more characters, are remembered with the phrases that they begin."""

K = TypeVar("K", bound="Hashable")


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


class Hit(NamedTuple, Generic[K]):
    """A phrase found: whose it is, the words it covers and the clause it stands in."""

    key: K
    first: int
    last: int
    clause: int


class _Node(Generic[K]):
    __slots__ = ("beginnings", "gap", "keys", "lengths", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node[K]] = {}
        self.beginnings: dict[str, _Node[K]] = {}
        self.lengths: tuple[int, ...] = ()
        self.gap: _Node[K] | None = None
        self.keys: tuple[K, ...] = ()

    def follow(self, word: str) -> tuple[_Node[K], ...]:
        node = self.words.get(word)
        after: tuple[_Node[K], ...] = () if node is None else (node,)
        for length in self.lengths:
            node = self.beginnings.get(word[:length])
            if node is not None:
                after += (node,)
        return after


class PhraseFinder(Generic[K]):
    """Finds every phrase of many keys in one pass.

    Parameters
    ----------
    phrases : mapping of hashable to iterable of str
        Phrases by what they stand for.
    """

    def __init__(self, phrases: Mapping[K, Iterable[str]]) -> None:
        self._root: _Node[K] = _Node()
        # Tasks are made of the same words: what a word begins is remembered.
        self._begun: dict[str, tuple[_Node[K], ...]] = {}
        for key, texts in phrases.items():
            for text in texts:
                for variant in compile_phrase(text):
                    self._add(key, variant)

    def _add(self, key: K, variant: tuple[str, ...]) -> None:
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
        if key not in node.keys:
            node.keys += (key,)

    def find(self, reading: Reading) -> list[Hit[K]]:
        """Give every hit, in order of its first word; a hit never crosses the end of a clause."""
        hits: list[Hit[K]] = []
        words, clauses = reading.words, reading.clauses
        clause = -1
        last = 0
        for index, nodes in enumerate(map(self._begun.get, words)):
            if nodes is None:
                nodes = self._begin(words[index])
            if not nodes:
                continue
            while index >= last:
                clause += 1
                last = clauses[clause][1]
            for node in nodes:
                found: dict[tuple[K, int], None] = {}
                _walk(node, words, index + 1, last, found)
                for key, end in found:
                    hits.append(Hit(key, index, end, clause))
        return hits

    def _begin(self, word: str) -> tuple[_Node[K], ...]:
        nodes = self._root.follow(word)
        if len(self._begun) < _WORDS_KEPT and len(word) <= _WORD_KEPT:
            self._begun[word] = nodes
        return nodes


def _walk(node: _Node[K], words: list[str], index: int, last: int, found: dict[tuple[K, int], None]) -> None:
    for key in node.keys:
        found[key, index] = None
    if node.gap is not None:
        for skip in range(index, min(index + MAX_GAP + 1, last)):
            for after in node.gap.follow(words[skip]):
                _walk(after, words, skip + 1, last, found)
    if index < last and (node.words or node.lengths):
        for after in node.follow(words[index]):
            _walk(after, words, index + 1, last, found)
