"""What is found in the words of a task at once: the n-grams of a model and the wordings beside them.

Words have numbers; a pair of neighbours is found by one binary search for all pairs of a text, and three words only
behind a pair that begins such a phrase. So no string is put together for any pair of a text.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.model.features import shortened
from escalation.model.wordings import feature_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from escalation.model.wordings import Wordings

NONE = -1
"""Row of what is no n-gram of the model."""


class Found(NamedTuple):
    """What stands in a task.

    Attributes
    ----------
    rows : list of int
        Of each word and then of each pair of neighbours the row of its n-gram, or `NONE`.
    wordings : list of int
        Numbers of the wordings' features that are present, ascending.
    """

    rows: list[int]
    wordings: list[int]


class Lexicon:
    """Words, pairs and triples with what they stand for.

    Parameters
    ----------
    words : list of str
        In sorted order; numbered from 1, as 0 is any other word.
    arrays : mapping of str to array
        ``pairs`` of shape (pairs, 2) and ``triples`` of shape (triples, 3): numbers of their words, in ascending order;
        ``word_grams`` and ``pair_grams``: whether each is an n-gram of the model; ``word_lists``, ``pair_lists``
        and ``triple_lists``: number of the set of wordings that each belongs to, 0 for none.
    lists : sequence of tuple of int
        The sets of wordings; the first is empty, as is that of pairs that only begin a triple.
    names : tuple of str
        Names of the wordings.

    Raises
    ------
    ValueError
        If the parts do not fit each other.
    """

    def __init__(
        self,
        words: list[str],
        arrays: Mapping[str, NDArray[Any]],
        lists: list[tuple[int, ...]],
        names: tuple[str, ...],
    ) -> None:
        self.words = words
        self.arrays = arrays
        self.lists = lists
        self.names = names
        self._check()
        self._number = {word: number for number, word in enumerate(words, 1)}
        self._base = len(words) + 1
        pairs, triples = arrays["pairs"].astype(np.int64), arrays["triples"].astype(np.int64)
        # Behind the last pair stands one that is never found, for all that is no pair.
        self._keys = np.append(pairs[:, 0] * self._base + pairs[:, 1], np.iinfo(np.int64).max)
        if (np.diff(self._keys) <= 0).any():
            raise ValueError("pairs out of order")
        grams = int(arrays["word_grams"].sum())
        self._word_rows = _rows([False, *arrays["word_grams"]], 0)
        self._pair_rows = _rows([*arrays["pair_grams"], False], grams)
        self._word_lists = np.insert(arrays["word_lists"], 0, 0)
        self._pair_lists = np.append(arrays["pair_lists"], 0)
        openings = self._keys.searchsorted(triples[:, 0] * self._base + triples[:, 1]) * self._base + triples[:, 2]
        self._triples = dict(zip(openings.tolist(), arrays["triple_lists"].tolist(), strict=True))
        self.grams = grams + int(arrays["pair_grams"].sum())

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the wordings as features."""
        return feature_names(self.names)

    @classmethod
    def build(cls, grams: Iterable[str], wordings: Wordings) -> Lexicon:
        """Make the lexicon of some n-grams and wordings."""
        known = dict.fromkeys(grams, True)
        openings = {phrase.rpartition(" ")[0] for phrase in wordings.phrases if phrase.count(" ") > 1}
        split = [term.split(" ") for term in {**known, **wordings.phrases, **dict.fromkeys(openings)}]
        words = sorted({word for term in split for word in term})
        number = {word: place for place, word in enumerate(words, 1)}
        pairs = sorted([number[word] for word in term] for term in split if len(term) == 2)
        triples = sorted([number[word] for word in term] for term in split if len(term) == 3)
        lists: dict[tuple[int, ...], int] = {(): 1}

        def texts(terms: list[list[int]]) -> list[str]:
            return [" ".join(words[place - 1] for place in term) for term in terms]

        def list_of(term: str) -> int:
            if term in wordings.phrases:
                return lists.setdefault(wordings.phrases[term], len(lists) + 1)
            return int(term in openings)

        arrays: dict[str, NDArray[Any]] = {
            "pairs": np.array(pairs, np.uint32).reshape(-1, 2),
            "triples": np.array(triples, np.uint32).reshape(-1, 3),
            "word_grams": np.array([word in known for word in words], bool),
            "pair_grams": np.array([pair in known for pair in texts(pairs)], bool),
            "word_lists": np.array([list_of(word) for word in words], np.uint16),
            "pair_lists": np.array([list_of(pair) for pair in texts(pairs)], np.uint16),
            "triple_lists": np.array([list_of(triple) for triple in texts(triples)], np.uint16),
        }
        return cls(words, arrays, [(), *lists], wordings.names)

    def gram_texts(self) -> list[str]:
        """Give the n-grams as texts, in the order of their rows."""
        singles = [word for word, known in zip(self.words, self.arrays["word_grams"], strict=True) if known]
        pairs = self.arrays["pairs"][self.arrays["pair_grams"]].tolist()
        return singles + [f"{self.words[first - 1]} {self.words[second - 1]}" for first, second in pairs]

    def find(self, words: list[str], title: int) -> Found:
        """Find what stands in a task.

        Parameters
        ----------
        words : list of str
            Folded words of the task.
        title : int
            So many of them stand in the first clause.
        """
        numbers = [*map(self._number.get, words, repeat(0))]
        if 0 in numbers:
            for index, number in enumerate(numbers):
                if not number:
                    numbers[index] = self._number.get(shortened(words[index]), 0)
        places = np.array(numbers, np.int64)
        keys = places[:-1] * self._base
        keys += places[1:]
        pairs = self._keys.searchsorted(keys)
        pairs[self._keys.take(pairs) != keys] = len(self._keys) - 1
        rows = np.concatenate((self._word_rows.take(places), self._pair_rows.take(pairs)))
        held = np.concatenate((self._word_lists.take(places), self._pair_lists.take(pairs)))
        count, behind = len(words), len(self.names)
        present: set[int] = set()
        for index, number in enumerate(held.tolist()):
            if not number:
                continue
            found = self.lists[number]
            first = index if index < count else index - count
            if index >= count and first + 2 < count:
                found += self.lists[self._triples.get(int(pairs[first]) * self._base + numbers[first + 2], 0)]
            present.update(found)
            if first < title:
                present.update([number + behind for number in found])
        return Found(rows.tolist(), sorted(present))

    def _check(self) -> None:
        arrays, sizes = self.arrays, (len(self.words), len(self.arrays["pairs"]), len(self.arrays["triples"]))
        for name, size in zip(("word_lists", "pair_lists", "triple_lists"), sizes, strict=True):
            if arrays[name].shape != (size,) or arrays[name].max(initial=0) >= len(self.lists):
                raise ValueError(f"{name} and what it is about")
        for name, size in zip(("word_grams", "pair_grams"), sizes, strict=False):
            if arrays[name].shape != (size,) or arrays[name].dtype != bool:
                raise ValueError(f"{name} and what it is about")
        for name, length in (("pairs", 2), ("triples", 3)):
            if arrays[name].shape[1:] != (length,) or arrays[name].max(initial=0) > len(self.words):
                raise ValueError(f"{name} of words that there are not")
        if any(not 0 <= number < len(self.names) for numbers in self.lists for number in numbers):
            raise ValueError("a wording without a name")


def _rows(grams: Iterable[bool], first: int) -> NDArray[np.int32]:
    """Number what is an n-gram, from a first row on."""
    known = np.fromiter(grams, bool)
    return np.where(known, first + np.cumsum(known) - 1, NONE).astype(np.int32)
