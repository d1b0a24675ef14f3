"""The many ways to say a thing: lists of phrases that the model weighs and no rule rests on.

They stand beside the corpus that a model learns from, as ``wordings.toml``, and are kept with the model. A phrase that
no task of the corpus has gets its weight from the others of its list, so that the model knows more than its corpus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from escalation.errors import CorpusError
from escalation.files import read_toml
from escalation.model.features import ngrams
from escalation.rules.phrases import GAP, PhraseError, compile_phrase

if TYPE_CHECKING:
    from pathlib import Path

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
    """

    names: tuple[str, ...] = ()
    phrases: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in their order."""
        return feature_names(self.names)


def feature_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the features of lists of phrases: each list anywhere in a task, then each in the task's first clause."""
    return (*names, *(f"{name}@title" for name in names))


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
