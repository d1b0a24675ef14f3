"""Read the rows of many tasks from JSON lines, CSV, Parquet or standard input, one after the other."""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from escalation.errors import InputError
from escalation.files import open_bytes, parse_json, require
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.task.text import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = Path("-")

_MAX_BYTES = 12 * MAX_CHARACTERS + 65_536
"""Size limit of a line: a text of MAX_CHARACTERS, all of them escaped in JSON, with room for the rest."""

_COLUMNS = ("id", "text", "stack", "from")
PARQUET_ROWS = 2000
"""Number of rows of a Parquet file that are in memory at a time."""


class Row(NamedTuple):
    """A row as it was read, not yet checked.

    Attributes
    ----------
    number : int
        Of its line, or of its row in a Parquet file.
    done : int
        How much of the input has been read: bytes, or rows of a Parquet file.
    value : bytes, dict or InputError
        A line of JSON, the fields of a table's row, or why neither could be read.
    """

    number: int
    done: int
    value: bytes | dict[Any, Any] | InputError

    @property
    def id(self) -> str | int | None:
        """The id of a row that is not a task, if at least that can be read."""
        try:
            name = self._content().get("id")
        except (InputError, AttributeError):
            return None
        return name if isinstance(name, (str, int)) and str(name).isprintable() else None

    def task(self, stack: StackProfile, delegated_by: str | None) -> Task:
        """Return the task of a row; `stack` and `delegated_by` apply if it has none of its own.

        Raises
        ------
        InputError
            If the row is not a task.
        """
        return Task.of(self._content(), stack, delegated_by)

    def _content(self) -> Any:
        if isinstance(self.value, InputError):
            raise self.value
        return _table_fields(self.value) if isinstance(self.value, dict) else _json_fields(self.value)


def read_stdin() -> str:
    """Read one task from standard input.

    Raises
    ------
    InputError
        If standard input is closed or not UTF-8. A text that is too long is left to the check of the task.
    """
    data = _stdin().read(_MAX_BYTES)
    if len(data) == _MAX_BYTES:
        return " " * (MAX_CHARACTERS + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 text (byte {error.start}); send it as UTF-8") from error


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, with never more than one line or one batch of them in memory.

    Parameters
    ----------
    path : Path
        CSV with a header if the name ends in ``.csv``, Parquet if it ends in ``.parquet`` or ``.pq``, else JSON lines;
        ``-`` is JSON lines from standard input. Keys or columns: ``text``, and optionally ``id``, ``stack``, ``from``.

    Raises
    ------
    InputError
        If the file cannot be read, or CSV or Parquet has no column ``text``.
    MissingExtraError
        If it is Parquet and the extra ``batch`` is not installed.
    """
    if is_parquet(path):
        yield from _parquet_rows(path)
    elif path == STDIN:
        yield from _json_rows(_stdin())
    else:
        with open_bytes(path, InputError, "name a file of JSON lines, CSV or Parquet") as stream:
            yield from _csv_rows(stream, path) if is_csv(path) else _json_rows(stream)


def count_steps(path: Path) -> int:
    """Return what `Row.done` will be at the end of a file; 0 if that is unknown."""
    if not path.is_file():
        return 0
    if is_parquet(path):
        with _open_parquet(path) as file:
            return int(file.metadata.num_rows)
    return path.stat().st_size


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its name."""
    return path.suffix.lower() in (".parquet", ".pq")


def is_csv(path: Path) -> bool:
    """Return whether a file is CSV, by its name."""
    return path.suffix.lower() == ".csv"


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise InputError("standard input is closed; pass the task as an argument")
    return sys.stdin.buffer


def _json_rows(stream: BinaryIO) -> Iterator[Row]:
    done = number = 0
    while line := stream.readline(_MAX_BYTES):
        number += 1
        done += len(line)
        if not _is_cut(line):
            if line.strip():
                yield Row(number, done, line)
            continue
        yield Row(number, done, InputError(f"has more than {_MAX_BYTES:,} bytes; write one task per line"))
        while _is_cut(line):
            line = stream.readline(_MAX_BYTES)
            done += len(line)


def _is_cut(line: bytes) -> bool:
    return len(line) == _MAX_BYTES and not line.endswith(b"\n")


def _json_fields(line: bytes) -> Any:
    try:
        return parse_json(line)
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text (byte {error.start}); save the file as UTF-8") from error
    except ValueError as error:
        raise InputError(f'is not JSON ({error}); write one object per line, such as {{"text": "..."}}') from error


def _csv_rows(stream: BinaryIO, path: Path) -> Iterator[Row]:
    csv.field_size_limit(_MAX_BYTES)
    done = number = 0  # of the line read last, also if the reader rejects it

    def lines() -> Iterator[str]:
        nonlocal done, number
        while line := stream.readline(_MAX_BYTES):
            encoding = "utf-8" if done else "utf-8-sig"
            done += len(line)
            number += 1
            # Bytes that are not UTF-8 become surrogates, so that only their own row is wrong; see `_table_fields`.
            yield line.decode(encoding, errors="surrogateescape")

    reader = csv.DictReader(lines(), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(f"{path}: has no column 'text'; name the column with the tasks 'text' in the header")
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV ({error}); write a header and quote fields that hold commas") from error
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The reader goes on with the next line; a quote left open has swallowed all lines to the end.
            remedy = "quote texts that hold commas, quotes or line breaks, and close every quote"
            yield Row(number, done, InputError(f"is not CSV ({error}); {remedy}"))
        else:
            yield Row(number, done, row)


def _parquet_rows(path: Path) -> Iterator[Row]:
    with _open_parquet(path) as file:
        columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
        if "text" not in columns:
            raise InputError(f"{path}: has no column 'text'; name the column with the tasks 'text'")
        number = 0
        for batch in file.iter_batches(PARQUET_ROWS, columns=columns):
            for row in batch.to_pylist():
                number += 1
                yield Row(number, number, {key: value for key, value in row.items() if value is not None})


@contextmanager
def _open_parquet(path: Path) -> Iterator[Any]:
    require("batch", "Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as Parquet ({error}); is it complete?") from error


def _table_fields(row: dict[Any, Any]) -> dict[str, Any]:
    """Return the fields of a row of CSV or Parquet as a line of JSON would have them."""
    if None in row:
        raise InputError("has more fields than the header; quote texts that hold commas")
    if None in row.values():
        raise InputError("has fewer fields than the header; is a quote or a line break missing?")
    try:
        "".join(value for value in row.values() if isinstance(value, str)).encode()
    except UnicodeEncodeError as error:
        raise InputError("is not UTF-8 text; save the file as UTF-8") from error
    stack = row.get("stack", "")
    if isinstance(stack, str):
        row = row | {"stack": _stack(stack.strip())}
    return {key: value for key, value in row.items() if value != "" or key == "text"}


def _stack(text: str) -> object:
    if not text.startswith("{"):
        return StackProfile.parse_pairs(text) if text else None
    try:
        return parse_json(text)
    except ValueError as error:
        raise InputError(f"the column 'stack' is not JSON ({error}); write category=name or a JSON object") from error
