"""Read and write corrections as files: JSON lines in the form of a corpus, or CSV."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from escalation.errors import InputError
from escalation.feedback.correcting import Change, answered, correction_of, mode_named
from escalation.feedback.records import counting
from escalation.files import MAX_CORPUS_BYTES, convert, parse_json, read_text, replacing_file
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.training.corpus import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from escalation.answer.corrections import By
    from escalation.feedback.records import Correction
    from escalation.feedback.store import Store
    from escalation.files import Progress
    from escalation.predictor import Predictor
    from escalation.rules.rulebook import Rulebook

_SEPARATORS = re.compile(r"[,;\s]+")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class _Row(msgspec.Struct):
    """The keys of a row that mean something; others are free."""

    text: str
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    stack: Any = None
    project: str | None = None
    by: str | None = None
    author: str | None = None
    when: datetime | None = None
    weight: float | None = None


def read_corrections(
    path: Path,
    predictor: Predictor,
    store: Store,
    *,
    stack: StackProfile,
    project: str = "",
    by: By = "person",
    author: str = "",
    progress: Progress | None = None,
) -> list[Correction]:
    """Read the corrections of a file and check them all; they are not kept yet.

    Parameters
    ----------
    path : Path
        CSV if its name ends in ``.csv``, else JSON lines. Keys or columns: ``text``, ``escalate``, ``collaborate``,
        ``core``, and optionally ``stack``, ``project``, ``by``, ``author``, ``when``, ``weight``. In CSV, modes are
        separated by commas, semicolons or blanks.
    predictor : Predictor
        What gives the answers that are corrected.
    store : Store
    stack, project, by, author
        For rows that do not say so themselves.
    progress : callable, optional

    Raises
    ------
    InputError
        If the file cannot be read or is empty, or a row is wrong. The message names the lines.
    """
    content = read_text(path, InputError, "name a file of JSON lines or CSV", MAX_CORPUS_BYTES)
    rows = list(_csv_rows(content, path) if path.suffix.lower() == ".csv" else _json_rows(content))
    book = predictor.rulebook
    found: list[Correction] = []
    wrong: list[str] = []
    for done, (number, row) in enumerate(rows, 1):
        try:
            if isinstance(row, ValueError):
                raise row
            fields = convert(row, _Row)
            task = Task.of(fields.text, fields.stack if fields.stack else stack)
            escalate, collaborate = (_modes(names, book) for names in (fields.escalate, fields.collaborate))
            found.append(
                correction_of(
                    task,
                    Change(escalate, collaborate, fields.core),
                    answered(task, predictor, store),
                    predictor,
                    project=fields.project or project,
                    by=fields.by or by,  # type: ignore[arg-type]  # it is checked there
                    author=fields.author or author,
                    when=_utc(fields.when),
                    weight=fields.weight,
                    origin="command",
                )
            )
        except (ValueError, InputError) as error:
            wrong.append(f"line {number}: {error}")
        if progress:
            progress("reading corrections", done, len(rows))
    if wrong:
        raise InputError(f"{path}: {listed(wrong)}; nothing was kept")
    if not found:
        raise InputError(f"{path}: there are no corrections in it; add lines of JSON or rows of CSV")
    return found


def _utc(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


def _modes(names: Iterable[str], rulebook: Rulebook) -> tuple[str, ...]:
    return tuple(mode_named(name, rulebook) for name in names)


def _json_rows(content: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                yield number, parse_json(line)
            except ValueError as error:
                yield number, ValueError(f"is not JSON ({error}); is the file cut off?")


def _csv_rows(content: str, path: Path) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(MAX_CORPUS_BYTES)
    reader = csv.DictReader(content.splitlines(keepends=True), strict=True)
    missing = [name for name in ("text", "escalate", "collaborate", "core") if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path}: has no column {missing[0]!r}; its header must name text, escalate, collaborate, core"
        )
    number = 2
    try:
        for row in reader:
            yield number, _fields(row)
            number = reader.line_num + 1
    except csv.Error as error:
        yield number, ValueError(f"is not CSV ({error}); quote fields that hold commas, and close every quote")


def _fields(row: dict[Any, Any]) -> dict[str, Any] | ValueError:
    """Return a row of CSV as a line of JSON would have it, or what is wrong with it."""
    if None in row or None in row.values():
        return ValueError("has more or fewer fields than the header; quote fields that hold commas")
    core = _BOOLEANS.get(row["core"].strip().lower())
    if core is None:
        return ValueError(f"core is {row['core']!r}; write true or false")
    fields: dict[str, Any] = {name: value for name, value in row.items() if value.strip()} | {"core": core}
    for side in ("escalate", "collaborate"):
        names = [name for name in _SEPARATORS.split(row[side]) if name]
        fields[side] = [] if names == ["none"] else names
    try:
        if "stack" in fields:
            text = fields["stack"].strip()
            fields["stack"] = parse_json(text) if text.startswith("{") else StackProfile.parse_pairs(text)
        if "weight" in fields:
            fields["weight"] = float(fields["weight"])
    except (ValueError, InputError) as error:
        return ValueError(str(error))
    return fields


def write_corpus(corrections: Sequence[Correction], path: Path) -> int:
    """Write the corrections that count, one for each task, as a corpus that `escalation train` reads.

    Returns
    -------
    int
        How many there are.

    Raises
    ------
    InputError
        If there are none, or the file cannot be written.
    """
    rows = [corpus_row(each) for each in counting(corrections).values()]
    if not rows:
        raise InputError("there are no corrections to export; `escalation correct` keeps one")
    with replacing_file(path) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(rows)


def corpus_row(correction: Correction) -> dict[str, Any]:
    """Return a correction as a line of a corpus; without a project, its folds keep it with the others without one."""
    row: dict[str, Any] = {
        "id": f"correction-{correction.id}",
        "project": correction.project,
        "source": "corrections",
        "text": correction.text,
        "stack": {category: list(names) for category, names in correction.stack.items()},
        "escalate": list(correction.right.escalate),
        "collaborate": list(correction.right.collaborate),
        "core": correction.right.core,
        "by": correction.by,
        "author": correction.author,
        "when": correction.to_dict()["when"],
        "weight": correction.weight,
    }
    return {key: value for key, value in row.items() if value not in ("", None)}
