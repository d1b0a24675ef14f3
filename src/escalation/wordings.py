"""The many ways to say a thing: lists of phrases that the model weighs and no rule rests on.

They stand beside the corpus that a model learns from, as ``wordings.toml``, and are kept with the model. A phrase that
no task of the corpus has gets its weight from the others of its list, so that the model knows more than its corpus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from escalation.errors import CorpusError
from escalation.features import ngrams
from escalation.rulebook.phrases import GAP, PhraseError, compile_phrase
from escalation.tomltext import read_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from escalation.features import CueFeatures
    from escalation.rules.evidence import Evidence

LONGEST = 3
"""Words of the longest phrase that is looked for."""


@dataclass(frozen=True)
class Wordings:
    """Phrases by the lists that they stand in.

    Attributes
    ----------
    names : tuple of str
        Names of the lists.
    phrases : dict of str to tuple of int
        Numbers of the lists that hold each phrase; a phrase is folded words with one space between them.
    features : tuple of str
        Names of the features: each list anywhere in a task, then each list in the task's first clause.
    """

    names: tuple[str, ...] = ()
    phrases: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _openings: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A phrase of three words is put together only where two of them begin one.
        openings = frozenset(phrase.rpartition(" ")[0] for phrase in self.phrases if phrase.count(" ") == LONGEST - 1)
        object.__setattr__(self, "_openings", openings)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in their order."""
        return (*self.names, *(f"{name}@title" for name in self.names))

    def active(self, grams: Sequence[str], words: int, title: int) -> list[int]:
        """Give the numbers of the features that are present in a task, in ascending order.

        Parameters
        ----------
        grams : sequence of str
            N-grams of the task, as `escalation.features.ngrams` gives them.
        words : int
            So many of them, in front, are single words.
        title : int
            So many words stand in the first clause.
        """
        get, openings, lists = self.phrases.get, self._openings, len(self.names)
        present: set[int] = set()
        for index, gram in enumerate(grams):
            found = get(gram)
            first = index if index < words else index - words
            if found is not None:
                present.update(found)
                if first < title:
                    present.update(number + lists for number in found)
            if index >= words and gram in openings and first + 2 < words:
                found = get(f"{gram} {grams[first + 2]}")
                if found is not None:
                    present.update(found)
                    if first < title:
                        present.update(number + lists for number in found)
        return sorted(present)


def active_features(cues: CueFeatures, wordings: Wordings, evidence: Evidence, grams: Sequence[str]) -> list[int]:
    """Give the numbers of a task's active cues and, behind all cues, of its active wordings.

    Parameters
    ----------
    cues : CueFeatures
    wordings : Wordings
    evidence : Evidence
    grams : sequence of str
        N-grams of the evidence's words.
    """
    reading, behind = evidence.reading, len(cues.names)
    title = reading.clauses[0][1] if reading.clauses else 0
    worded = wordings.active(grams, len(reading.words), title)
    return cues.active(evidence) + [behind + number for number in worded]


def read_wordings(path: Path) -> Wordings:
    """Read the wordings that stand beside a corpus; none where there is no such file.

    Raises
    ------
    CorpusError
        If the file cannot be read, is no TOML table of lists of phrases, or has a phrase that does not compile,
        has a gap or has more than three words.
    """
    if not path.exists():
        return Wordings()
    tables = read_toml(path, CorpusError, "mend that or move it away")
    found: dict[str, set[int]] = {}
    for number, (name, texts) in enumerate(tables.items()):
        if not isinstance(texts, list):
            raise CorpusError(f"{path}: {name} is no list of phrases; write {name} = ['one phrase', 'another']")
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
    return [" ".join(ngrams(list(variant))[: len(variant)]) for variant in variants]
