"""The n-grams that a model knows, and the wordings beside them.

Wordings are lists of phrases for the many ways to say one thing. They are kept beside the corpus as ``wordings.toml``.
A list is one feature, so a phrase that no task of the corpus has is weighed like the others of its list, and the model
knows more than its corpus. No rule depends on them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from escalation.errors import CorpusError
from escalation.files import read_toml
from escalation.model.features import shortened
from escalation.rules.phrases import GAP, PhraseError, compile_phrase

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

LONGEST = 3
"""Words in the longest wording."""
NONE = -1
"""Row of an n-gram that the model does not know."""


class Wordings(msgspec.Struct, frozen=True):
    """Phrases with the lists that contain them.

    Attributes
    ----------
    names : tuple of str
        Names of the lists.
    phrases : dict of str to tuple of int
        Numbers of the lists that contain each phrase: folded words with one space between them.
    """

    names: tuple[str, ...] = ()
    phrases: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features: each list anywhere in a task, then each list in the task's first clause."""
        return (*self.names, *(f"{name}@title" for name in self.names))


class Found(NamedTuple):
    """What a vocabulary finds in a task.

    Attributes
    ----------
    words, pairs : list of int
        For each word, and for each pair of it and the next: the row of its n-gram, or `NONE`.
    wordings : list of tuple
        First word of each wording that occurs, and the numbers of its lists.
    lists : int
        How many lists there are.
    """

    words: list[int]
    pairs: list[int]
    wordings: list[tuple[int, tuple[int, ...]]]
    lists: int


class Vocabulary:
    """N-grams with their rows in the weights, and wordings.

    Parameters
    ----------
    grams : sequence of str
        Words, and pairs of words with one space between them, in the order of their rows.
    wordings : Wordings

    Examples
    --------
    >>> vocabulary = Vocabulary(["add", "add table", "table"], Wordings(("stores",), {"table": (0,)}))
    >>> vocabulary.find(["add", "table"], {2})
    Found(words=[0, 2], pairs=[1, -1], wordings=[(1, (0,))], lists=1)
    """

    def __init__(self, grams: Sequence[str], wordings: Wordings) -> None:
        self.grams = grams
        self.wordings = wordings
        self._row = {gram: row for row, gram in enumerate(grams)}
        # Three words are only looked up if their first two begin such a wording.
        self._openings = {phrase.rpartition(" ")[0] for phrase in wordings.phrases if phrase.count(" ") == 2}

    def __len__(self) -> int:
        return len(self.grams)

    def find(self, words: list[str], ends: Collection[int]) -> Found:
        """Find n-grams and wordings in a task.

        Parameters
        ----------
        words : list of str
            Folded words of the task.
        ends : collection of int
            Places one past the last word of each piece, which no n-gram and no wording crosses.
        """
        kept = [shortened(word) for word in words]
        row, phrases = self._row, self.wordings.phrases
        singles = [row.get(word, NONE) for word in kept]
        pairs = [NONE] * len(kept)
        wordings = [(first, phrases[word]) for first, word in enumerate(kept) if word in phrases]
        for first, (word, following) in enumerate(pairwise(kept)):
            if first + 1 in ends:
                continue
            pair = f"{word} {following}"
            pairs[first] = row.get(pair, NONE)
            if pair in phrases:
                wordings.append((first, phrases[pair]))
            if pair in self._openings and first + 2 < len(kept) and first + 2 not in ends:
                numbers = phrases.get(f"{pair} {kept[first + 2]}")
                if numbers is not None:
                    wordings.append((first, numbers))
        return Found(singles, pairs, wordings, len(self.wordings.names))


def read_wordings(path: Path) -> Wordings:
    """Read the wordings beside a corpus; without such a file there are none.

    Raises
    ------
    CorpusError
        If the file cannot be read or is not a TOML table of lists of phrases, or if a phrase does not compile, has a
        gap or has more than three words.
    """
    if not path.exists():
        return Wordings()
    tables = read_toml(path, CorpusError, "correct it or move it away")
    found: dict[str, set[int]] = {}
    for number, (name, texts) in enumerate(tables.items()):
        if not isinstance(texts, list):
            raise CorpusError(f"{path}: {name} is not a list of phrases; write {name} = ['one phrase', 'another']")
        for text in texts:
            for phrase in _variants(path, name, text):
                found.setdefault(phrase, set()).add(number)
    return Wordings(tuple(tables), {phrase: tuple(sorted(found[phrase])) for phrase in sorted(found)})


def _variants(path: Path, name: str, text: object) -> list[str]:
    try:
        variants = compile_phrase(text) if isinstance(text, str) else ()
    except PhraseError as error:
        raise CorpusError(f"{path}: {name} has {text!r}, which does not compile: it {error}") from error
    if not variants or any(len(v) > LONGEST or GAP in v or any(word.endswith("*") for word in v) for v in variants):
        raise CorpusError(f"{path}: {name} has {text!r}; a wording has one to {LONGEST} words, no gap and no *")
    return [" ".join(map(shortened, variant)) for variant in variants]
