"""Answer rows, and write the answers as JSON lines, CSV or Parquet, whole or not at all."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TextIO

from escalation.errors import InputError
from escalation.files import is_pipe, replacing_file, require
from escalation.sources.source import Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from escalation.answer.prediction import Prediction
    from escalation.sources.records import Row
    from escalation.task.stack import StackProfile
    from escalation.task.task import Task

COLUMNS = ("id", "place", "escalate", "collaborate", "core", "accept", "abstained", "line", "error", "answer")
"""Columns of CSV and Parquet; ``answer`` is the whole answer as JSON, the others what is looked at most."""


_PARQUET_ROWS = 2000
"""Number of answers that are in memory before they are written to a Parquet file."""


class RowAnswer(NamedTuple):
    """The answer to a row as a line of output, or why it has none.

    Attributes
    ----------
    number, done, path
        As in `Row`.
    line : str
        For a row that is not a task, a JSON object with the number of its line, the error and the id; "" if the entry
        is left out.
    error : str or None
    skipped : Skipped or None
        The entry, if it is left out.
    """

    number: int
    done: int
    path: str
    line: str
    error: str | None = None
    skipped: Skipped | None = None


class Answering(Protocol):
    """What answers tasks as a `Predictor` does."""

    def predict(
        self,
        task: str | Task | Mapping[str, object],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
    ) -> Prediction:
        """Answer one task."""


def answer_row(
    predictor: Answering,
    row: Row,
    *,
    stack: StackProfile,
    delegated_by: str | None,
    reasons: bool,
    show: Callable[[Prediction, int], str],
) -> RowAnswer:
    """Answer a row.

    Parameters
    ----------
    predictor : Predictor, or another that answers as it does
    row : Row
    stack : StackProfile
        Applies to a task without one.
    delegated_by : str or None
        Likewise.
    reasons : bool
        Whether the answer says why.
    show : callable
        Makes a line of output of an answer and the number of its line.
    """
    from escalation.sources.reading import shown, task_of  # here, so that one task starts without the readers of lists

    if isinstance(row.value, Skipped):
        return RowAnswer(row.number, row.done, row.path, "", skipped=row.value)
    try:
        answer = predictor.predict(task_of(row, stack, delegated_by), reasons=reasons)
    except InputError as error:
        wrong: dict[str, Any] = {"line": row.number, "error": str(error), "place": f"{shown(row.path)}:{row.number}"}
        if row.id is not None:
            wrong["id"] = row.id
        return RowAnswer(row.number, row.done, row.path, json.dumps(wrong, ensure_ascii=False), str(error))
    return RowAnswer(row.number, row.done, row.path, show(answer, row.number))


def json_line(answer: Prediction, _number: int = 0) -> str:
    """Return an answer as one line of JSON."""
    return json.dumps(answer.to_dict(), ensure_ascii=False)


@contextmanager
def open_output(path: Path) -> Iterator[Callable[[str], None]]:
    """Yield a function that writes a line of JSON; what it has written becomes `path` only if the block ends well.

    Parameters
    ----------
    path : Path
        CSV or Parquet by its name, else JSON lines. A pipe or a device is written to directly.

    Raises
    ------
    InputError
        If the file cannot be written.
    MissingExtraError
        If it is Parquet and the extra ``batch`` is not installed.
    """
    if _is_parquet(path):
        require("batch", "Parquet")
    with replacing_file(path) as stream:
        if _is_parquet(path):
            with _parquet(stream) as write:
                yield write
        elif path.suffix.lower() == ".csv":
            yield _csv(stream)
        else:
            yield line_writer(stream, flush=is_pipe(path))


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def line_writer(stream: TextIO, *, flush: bool) -> Callable[[str], None]:
    """Return a function that writes a line to a stream and, with `flush`, passes it on to the reader at once."""

    def write(line: str) -> None:
        stream.write(f"{line}\n")
        if flush:
            stream.flush()

    return write


def _csv(stream: TextIO) -> Callable[[str], None]:
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()

    def write(line: str) -> None:
        cells = {key: " ".join(value) if isinstance(value, list) else value for key, value in _record(line).items()}
        writer.writerow({key: json.dumps(value) if isinstance(value, bool) else value for key, value in cells.items()})

    return write


@contextmanager
def _parquet(stream: TextIO) -> Iterator[Callable[[str], None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    modes = pa.list_(pa.string())
    kinds = {"escalate": modes, "collaborate": modes, "core": pa.bool_(), "accept": pa.bool_(), "line": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    group: list[dict[str, Any]] = []
    with pq.ParquetWriter(stream.buffer, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(group, schema))
            group.clear()

        def write(line: str) -> None:
            group.append(_record(line))
            if len(group) == _PARQUET_ROWS:
                flush()

        yield write
        flush()


def _record(line: str) -> dict[str, Any]:
    """Return the columns of an answer; those that it lacks are null."""
    answer = json.loads(line)
    name = None if answer.get("id") is None else str(answer["id"])
    if "error" in answer:
        return {"id": name, "place": answer["place"], "line": answer["line"], "error": answer["error"]}
    modes = {side: [entry["mode"] or entry["group"] for entry in answer[side]] for side in ("escalate", "collaborate")}
    return modes | {
        "id": name,
        "place": answer.get("place"),
        "core": answer["core"]["value"],
        "accept": answer["accept"] and answer["accept"]["value"],
        "abstained": answer["abstained"],
        "answer": line,
    }
