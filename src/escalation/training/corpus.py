"""Read and check a corpus: labelled tasks as JSON lines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.errors import CorpusError, InputError
from escalation.files import parse_json, require
from escalation.model.wordings import Wordings, read_wordings
from escalation.rules.rulebook import CORE, DISPOSITIONS
from escalation.task.stack import StackProfile
from escalation.task.text import check_text, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

from escalation.rules.rulebook import Rulebook

_DIGEST = 12
_LISTED = 5
"""As many offending lines a message names before it only counts."""


@dataclass(frozen=True, slots=True)
class LabelledTask:
    """One line of a corpus."""

    id: str
    text: str
    stack: StackProfile
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    group: str
    register: str
    domain: str
    kind: str
    draw: str
    line: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled tasks.

    Attributes
    ----------
    tasks : pandas.DataFrame
        A row a task, with the fields of `LabelledTask` as columns. ``group`` is what is never split
        (project or source), ``line`` the line in the file; ``register``, ``domain``,
        ``kind`` and ``draw`` may be empty.
    sha256 : str
        Hash of the file.
    path : Path
    wordings : Wordings
        From the file ``wordings.toml`` beside it, where there is one.
    """

    tasks: pd.DataFrame
    sha256: str
    path: Path
    wordings: Wordings = field(default_factory=Wordings)

    def __len__(self) -> int:
        return len(self.tasks)

    def rows(self) -> Iterator[LabelledTask]:
        """Give the tasks one after the other."""
        names = LabelledTask.__dataclass_fields__
        for values in zip(*(self.tasks[name] for name in names), strict=True):
            yield LabelledTask(*values)

    def targets(self, rulebook: Rulebook, labels: tuple[str, ...]) -> NDArray[np.int8]:
        """Give the labels as an indicator matrix of shape (tasks, labels), members under their group."""
        column = {label: index for index, label in enumerate(labels)}
        matrix = np.zeros((len(self.tasks), len(labels)), np.int8)
        for row, task in enumerate(self.rows()):
            for disposition, modes in zip(DISPOSITIONS, (task.escalate, task.collaborate), strict=True):
                for mode in modes:
                    label = rulebook.label(disposition, mode)
                    if label in column:
                        matrix[row, column[label]] = 1
            if CORE in column:
                matrix[row, column[CORE]] = task.core
        return matrix


def read_corpus(path: Path) -> Corpus:
    """Read a corpus and check its form.

    Parameters
    ----------
    path : Path
        JSON lines with ``id``, ``text``, ``escalate``, ``collaborate`` and ``core``; ``stack``, and
        ``project`` or ``source`` as the group, may be there; other keys are free.

    Returns
    -------
    Corpus

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    CorpusError
        If the file cannot be read, is empty, or has lines that are no JSON, lack a key, or hold a value
        of the wrong kind or a doubled id. The message names the lines.
    """
    require("train", "Reading a corpus")
    import pandas as pd

    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); name a corpus of JSON lines") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 ({error}); save it as UTF-8") from error
    records: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            records.append({**_record(line), "line": number})
        except (ValueError, InputError) as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        raise CorpusError(f"{path}: {_some(wrong)}; correct them and start again")
    if not records:
        raise CorpusError(f"{path}: has no task; give at least some lines of JSON")
    tasks = pd.DataFrame.from_records(records)
    doubled = tasks[tasks["id"].duplicated()]
    if len(doubled):
        places = [
            f"line {line}: the id {name!r} stands twice"
            for line, name in zip(doubled["line"], doubled["id"], strict=True)
        ]
        raise CorpusError(f"{path}: {_some(places)}; give each task its own")
    return Corpus(tasks, hashlib.sha256(content).hexdigest(), path, read_wordings(path.parent / "wordings.toml"))


def digests(corpus: Corpus) -> str:
    """Give a short digest of each text, one a line: what a model directory keeps to know its own tasks again."""
    return "".join(f"{_digest(text)}\n" for text in corpus.tasks["text"])


def seen_tasks(about: Mapping[str, Any], corpus: Corpus) -> list[str]:
    """Give the ids of the tasks whose texts a model was trained on, by what its directory says of itself."""
    seen = set(str(about.get("corpus", {}).get("texts", "")).split())
    return [row.id for row in corpus.rows() if _digest(row.text) in seen]


def _digest(text: str) -> str:
    """Digest of a text's words: the same text with other signs, capitals or white space is the same."""
    return hashlib.sha256(" ".join(words_of(text)).encode()).hexdigest()[:_DIGEST]


def _record(line: str) -> dict[str, Any]:
    try:
        data = parse_json(line)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error}); is the file cut?") from error
    if not isinstance(data, dict):
        raise ValueError(f"is {type(data).__name__}, not an object")
    for key, kinds in (
        ("id", (str, int)),
        ("text", (str,)),
        ("escalate", (list,)),
        ("collaborate", (list,)),
        ("core", (bool,)),
    ):
        if key not in data:
            raise ValueError(f"lacks the key {key!r}")
        if type(data[key]) not in kinds:
            raise ValueError(f"the key {key!r} is {data[key]!r}")
    for key in DISPOSITIONS:
        if not all(isinstance(mode, str) for mode in data[key]):
            raise ValueError(f"the key {key!r} holds something else than modes")
    identifier = str(data["id"])
    return {
        "id": identifier,
        "text": check_text(data["text"]),
        "stack": StackProfile.of(data.get("stack")),
        "escalate": tuple(data["escalate"]),
        "collaborate": tuple(data["collaborate"]),
        "core": data["core"],
        "group": _group(data, identifier),
        "register": str(data.get("register", "")),
        "domain": str(data.get("domain", "")),
        "kind": str(data.get("kind", "")),
        "draw": str(data.get("draw", "")),
    }


def _group(data: dict[str, Any], identifier: str) -> str:
    """What is never split: the project; else the repository before the ``@`` of a source; else the task alone."""
    if data.get("project"):
        return str(data["project"])
    if data.get("source"):
        return str(data["source"]).partition("@")[0]
    return identifier


def _some(places: list[str]) -> str:
    more = len(places) - _LISTED
    return "; ".join(places[:_LISTED]) + (f"; and {more} more" if more > 0 else "")
