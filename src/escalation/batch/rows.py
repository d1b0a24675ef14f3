"""Rows of many tasks from files and standard input, one after the other, each with its line."""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from escalation.batch.parquet import is_parquet, read_parquet
from escalation.errors import InputError
from escalation.files import parse_json
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.task.text import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_BYTES = 12 * MAX_CHARACTERS + 65_536
"""As many bytes a line of JSON can have whose text has MAX_CHARACTERS, all of them escaped, with room for the rest."""


class Row(NamedTuple):
    """A row as it was read, not looked into yet.

    Attributes
    ----------
    number : int
        Of its line; of its row in a Parquet file.
    bytes_read : int
        How much of the input is read; of a Parquet file, how many rows.
    value : bytes, dict or InputError
        A line of JSON, the fields of a row, or why it is none.
    """

    number: int
    bytes_read: int
    value: bytes | dict[Any, Any] | InputError

    @property
    def id(self) -> str | int | None:
        """The id of a row of which at least that can be read."""
        try:
            fields = self.value if isinstance(self.value, dict) else _json_row(self.value)  # type: ignore[arg-type]
            name = fields.get("id")
        except (InputError, AttributeError):
            return None
        return name if isinstance(name, (str, int)) and str(name).isprintable() else None

    def task(self, stack: StackProfile, delegated_by: str | None) -> Task:
        """Make the task of a row.

        Raises
        ------
        InputError
            If it is none.
        """
        if isinstance(self.value, InputError):
            raise self.value
        value = _fields(self.value) if isinstance(self.value, dict) else _json_row(self.value)
        return Task.of(value, stack, delegated_by)


def read_stdin() -> str:
    """Read one task from standard input.

    Raises
    ------
    InputError
        If there is none, or it is no UTF-8. What is too long is left to the check of the task.
    """
    data = _stdin().read(_MAX_BYTES)
    if len(data) == _MAX_BYTES:
        return " " * (MAX_CHARACTERS + 1)
    return _decode(data, "standard input")


def read_rows(path: Path) -> Iterator[Row]:
    """Give the rows of a file, never more than one line or batch in memory.

    Parameters
    ----------
    path : Path
        JSON lines, CSV with a header where the name ends in ``.csv``, Parquet where it ends in ``.parquet``; ``-`` is
        JSON lines from standard input. Keys or columns: ``text``, and where wanted ``id``, ``stack`` and ``from``.

    Raises
    ------
    InputError
        If the file cannot be read, or CSV or Parquet has no column ``text``.
    MissingExtraError
        If it is Parquet and the extra ``batch`` is not installed.
    """
    if is_parquet(path):
        for number, fields in enumerate(read_parquet(path), 1):
            yield Row(number, number, fields)
        return
    with _opened(path) as stream:
        yield from _csv_rows(stream, path) if path.suffix.lower() == ".csv" else _json_rows(stream)


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise InputError("standard input is closed; give the task as an argument")
    return sys.stdin.buffer


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield _stdin()
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file of JSON lines or CSV") from error
    with stream:
        yield stream


def _json_rows(stream: BinaryIO) -> Iterator[Row]:
    bytes_read = number = 0
    while line := stream.readline(_MAX_BYTES):
        number += 1
        bytes_read += len(line)
        row: bytes | InputError = line
        if len(line) == _MAX_BYTES and not line.endswith(b"\n"):
            row = InputError(f"has more than {_MAX_BYTES:,} bytes; give one task a line")
            while len(line) == _MAX_BYTES and not line.endswith(b"\n"):
                line = stream.readline(_MAX_BYTES)
                bytes_read += len(line)
        if isinstance(row, InputError) or row.strip():
            yield Row(number, bytes_read, row)


def _json_row(line: bytes) -> Any:
    text = _decode(line, "the line")
    try:
        return parse_json(text)
    except ValueError as error:
        raise InputError(f'is not JSON ({error}); write one object a line, such as {{"text": "..."}}') from error


def _csv_rows(stream: BinaryIO, path: Path) -> Iterator[Row]:
    csv.field_size_limit(_MAX_BYTES)
    bytes_read = number = 0  # of the line read last, also where the reader refuses it

    def lines() -> Iterator[str]:
        nonlocal bytes_read, number
        while line := stream.readline(_MAX_BYTES):
            first = bytes_read == 0
            bytes_read += len(line)
            number += 1
            # Bytes that are no UTF-8 become surrogates, which the check of the row's own text names.
            yield line.decode("utf-8-sig" if first else "utf-8", errors="surrogateescape")

    reader = csv.DictReader(lines(), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(
                f"{path}: has no column 'text'; name the column with the descriptions 'text' in the header"
            )
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV ({error}); write a header and quote what holds commas") from error
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The reader goes on with the next line; a quote left open has swallowed all lines to the end.
            remedy = "quote texts that hold commas, quotes or line breaks, and close every quote"
            yield Row(number, bytes_read, InputError(f"is not CSV ({error}); {remedy}"))
        else:
            yield Row(number, bytes_read, row)


def _fields(row: dict[Any, Any]) -> dict[str, Any]:
    """A row of CSV or Parquet as a line of JSON would have it."""
    if None in row:
        raise InputError("has more fields than the header; quote texts that hold commas")
    if None in row.values():
        raise InputError("has fewer fields than the header; is a quote or a line break missing?")
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


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
