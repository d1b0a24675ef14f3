"""Read a corpus: labelled tasks as JSON lines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import starmap
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from escalation.errors import CorpusError, InputError
from escalation.files import MAX_CORPUS_BYTES, convert, parse_json, read_bytes, require
from escalation.model.vocabulary import Wordings, read_wordings
from escalation.rules.rulebook import CORE, DISPOSITIONS
from escalation.task.stack import StackProfile
from escalation.task.text import check_text, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from escalation.model import Model
    from escalation.rules.rulebook import Label, Rulebook

NEAR = 0.8
"""Two texts are near-duplicates from this cosine of their character 4-grams (TF-IDF) on."""
_CHUNK = 1000
_DIGEST_LENGTH = 12
_MOST_LISTED = 5


class LabelledTask(NamedTuple):
    """One line of a corpus.

    Folds never split a `group`: the project, else the repository of the source, else the task alone. `register` is how
    the task is worded, `genre` what sort of text it is, `domain` what it is about, `kind` and `draw` where it comes
    from; all empty if the line does not say so. `evidence` lists, by mode, group or ``core``, the words of the text
    that the label rests on; None if the line has no such key. `line` is counted from 1.
    """

    id: str
    text: str
    stack: StackProfile
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    group: str
    register: str
    genre: str
    domain: str
    kind: str
    draw: str
    evidence: Mapping[str, tuple[str, ...]] | None
    line: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled tasks, one row each with the fields of `LabelledTask`, and the hash of their file.

    The `wordings` are those of the file ``wordings.toml`` beside the corpus, if there is one.
    """

    tasks: pd.DataFrame
    sha256: str
    path: Path
    wordings: Wordings = field(default_factory=Wordings)

    def __len__(self) -> int:
        return len(self.tasks)

    def rows(self) -> Iterator[LabelledTask]:
        """Yield the tasks in the order of the file."""
        return map(LabelledTask._make, self.tasks.itertuples(index=False, name=None))

    def targets(self, rulebook: Rulebook, labels: tuple[Label, ...]) -> NDArray[np.int8]:
        """Return the labels as an indicator matrix of shape (tasks, labels); a mode of a group counts as the group."""
        matrix = np.zeros((len(self.tasks), len(labels)), np.int8)
        for row, task in enumerate(self.rows()):
            found = grouped_labels(rulebook, task.escalate, task.collaborate) | ({CORE} if task.core else set())
            matrix[row] = [label in found for label in labels]
        return matrix


_Words = Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)]


class _Line(msgspec.Struct):
    """The keys of a line that are checked; others are free."""

    id: str | int
    text: str
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    stack: Any = None
    project: Any = None
    source: Any = None
    evidence: dict[str, Any] | None = None


def read_corpus(path: Path) -> Corpus:
    """Read a corpus and check its form.

    Parameters
    ----------
    path : Path
        JSON lines with the keys ``id``, ``text``, ``escalate``, ``collaborate`` and ``core``, and optionally ``stack``,
        ``evidence``, and ``project`` or ``source`` (``owner/name@commit:file``), which make the group. Other keys are
        free.

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    CorpusError
        If the file cannot be read or is empty, a line is not JSON, lacks a key or has a value of the wrong type, or an
        id is used twice. The message names the lines.
    """
    require("train", "Reading a corpus")
    import pandas as pd  # from the extra

    content = read_bytes(path, CorpusError, "name a corpus of JSON lines", MAX_CORPUS_BYTES)
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    tasks: dict[str, LabelledTask] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            task = _labelled_task(line, number)
        except (ValueError, InputError) as error:
            wrong.append(f"line {number}: {error}")
            continue
        if task.id in tasks:
            wrong.append(f"line {number}: the id {task.id!r} is used twice; use each id once")
        tasks[task.id] = task
    if wrong:
        raise CorpusError(f"{path}: {listed(wrong)}")
    if not tasks:
        raise CorpusError(f"{path}: there are no tasks in it; add lines of JSON, one for each task")
    wordings = read_wordings(path.parent / "wordings.toml")
    return Corpus(pd.DataFrame(list(tasks.values())), hashlib.sha256(content).hexdigest(), path, wordings)


def _labelled_task(text: str, number: int) -> LabelledTask:
    try:
        data = parse_json(text)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error}); is the file cut off?") from error
    line = convert(data, _Line)
    name = str(line.id)
    return LabelledTask(
        name,
        check_text(line.text),
        StackProfile.of(line.stack),
        line.escalate,
        line.collaborate,
        line.core,
        group=str(line.project or str(line.source or "").partition("@")[0] or name),
        evidence=None if line.evidence is None else dict(starmap(_evidence, line.evidence.items())),
        line=number,
        **{key: str(data.get(key) or "") for key in ("register", "genre", "domain", "kind", "draw")},
    )


def _evidence(target: str, words: object) -> tuple[str, tuple[str, ...]]:
    """Check the words that a label rests on; the error names its mode, which that of a whole mapping would not."""
    try:
        return target, convert(words, _Words)
    except ValueError as error:
        raise ValueError(f"evidence of {target!r}: {error}") from error


def grouped_labels(rulebook: Rulebook, escalate: Iterable[str], collaborate: Iterable[str]) -> set[Label]:
    """Return the labels of a task; a mode of a group counts as the group."""
    sides = zip(DISPOSITIONS, (escalate, collaborate), strict=True)
    return {rulebook.label(disposition, mode) for disposition, modes in sides for mode in modes}


def near_duplicates(corpus: Corpus) -> list[tuple[str, str, float]]:
    """Return pairs of tasks from different groups with nearly the same text: two ids and a cosine of `NEAR` or more."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # from the extra

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), min_df=1).fit_transform(corpus.tasks["text"])
    groups, ids = corpus.tasks["group"].to_numpy(), corpus.tasks["id"].to_numpy()
    pairs = []
    for start in range(0, grams.shape[0], _CHUNK):
        cosines = (grams[start : start + _CHUNK] @ grams.T).tocoo()
        near = cosines.data >= NEAR
        for row, second, cosine in zip(cosines.row[near], cosines.col[near], cosines.data[near], strict=True):
            first = row + start
            if first < second and groups[first] != groups[second]:
                pairs.append((str(ids[first]), str(ids[second]), float(cosine)))
    return pairs


def digests(corpus: Corpus) -> frozenset[str]:
    """Return short digests of all texts, by which a model recognises the tasks that it was trained on."""
    return text_digests(corpus.tasks["text"])


def text_digests(texts: Iterable[str]) -> frozenset[str]:
    """Return the short digests of texts; see `digests`."""
    return frozenset(map(_digest, texts))


def seen_tasks(model: Model, corpus: Corpus) -> list[str]:
    """Return the ids of the tasks whose texts a model was trained on."""
    return [row.id for row in corpus.rows() if _digest(row.text) in model.seen]


def _digest(text: str) -> str:
    """Hash the words of a text, so that punctuation, capitals and white space make no difference."""
    return hashlib.sha256(" ".join(words_of(text)).encode()).hexdigest()[:_DIGEST_LENGTH]


def listed(items: Sequence[object]) -> str:
    """Join the first few items of an error message and count the others.

    >>> listed(["a", "b", "c", "d", "e", "f", "g"])
    'a; b; c; d; e; and 2 more'
    """
    more = len(items) - _MOST_LISTED
    return "; ".join(map(str, items[:_MOST_LISTED])) + (f"; and {more} more" if more > 0 else "")
