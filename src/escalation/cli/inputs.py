"""Tasks from files and standard input, one after the other, each with its line."""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from escalation.errors import InputError
from escalation.jsontext import parse_json
from escalation.stack import StackProfile
from escalation.task import Task
from escalation.text import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BYTES = 12 * MAX_CHARACTERS + 65_536
"""As many bytes a line of JSON can have whose text has MAX_CHARACTERS, all of them escaped, with room for the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of input: a task, or why it is none."""

    number: int
    bytes_read: int
    task: Task | None
    error: str | None = None


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


def read_tasks(path: Path, stack: StackProfile, delegated_by: str | None) -> Iterator[Line]:
    """Give the tasks of a file, never more than one line in memory.

    Parameters
    ----------
    path : Path
        JSON lines, or CSV with a header where the name ends in ``.csv``; ``-`` is JSON lines from standard
        input. Keys or columns: ``text``, and where wanted ``id``, ``stack`` and ``from``.
    stack : StackProfile
        For tasks that have none.
    delegated_by : str or None
        Likewise.

    Raises
    ------
    InputError
        If the file cannot be read or the CSV has no column ``text``. What is wrong with one line is told in
        that line's `error`.
    """
    with _opened(path) as stream:
        rows = _csv_rows(stream, path) if path.suffix.lower() == ".csv" else _json_rows(stream)
        for number, bytes_read, row in rows:
            try:
                if isinstance(row, InputError):
                    raise row
                value = _csv_row(row) if isinstance(row, dict) else _json_row(row)
                yield Line(number, bytes_read, Task.of(value, stack, delegated_by))
            except InputError as error:
                yield Line(number, bytes_read, None, str(error))


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


def _json_rows(stream: BinaryIO) -> Iterator[tuple[int, int, bytes | InputError]]:
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
            yield number, bytes_read, row


def _json_row(line: bytes) -> Any:
    text = _decode(line, "the line")
    try:
        return parse_json(text)
    except ValueError as error:
        raise InputError(f'is not JSON ({error}); write one object a line, such as {{"text": "..."}}') from error


def _csv_rows(stream: BinaryIO, path: Path) -> Iterator[tuple[int, int, dict[Any, Any] | InputError]]:
    csv.field_size_limit(_MAX_BYTES)
    bytes_read = 0

    def lines() -> Iterator[str]:
        nonlocal bytes_read
        while line := stream.readline(_MAX_BYTES):
            if len(line) == _MAX_BYTES:
                raise csv.Error(f"a line has more than {_MAX_BYTES:,} bytes")
            first = bytes_read == 0
            bytes_read += len(line)
            # Bytes that are no UTF-8 become surrogates, which the check of the row's own text names.
            yield line.decode("utf-8-sig" if first else "utf-8", errors="surrogateescape")

    reader = csv.DictReader(lines(), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(
                f"{path}: has no column 'text'; name the column with the descriptions 'text' in the header"
            )
        for row in reader:
            yield reader.line_num, bytes_read, row
    except csv.Error as error:
        remedy = "quote texts that hold commas, quotes or line breaks, and close every quote"
        yield reader.line_num, bytes_read, InputError(f"is not CSV from here on ({error}); {remedy}")


def _csv_row(row: dict[Any, Any]) -> dict[str, Any]:
    if None in row:
        raise InputError("has more fields than the header; quote texts that hold commas")
    if None in row.values():
        raise InputError("has fewer fields than the header; is a quote or a line break missing?")
    stack = row.get("stack", "").strip()
    if stack.startswith("{"):
        try:
            row["stack"] = parse_json(stack)
        except ValueError as error:
            raise InputError(
                f"the column 'stack' is not JSON ({error}); write category=name or a JSON object"
            ) from error
    else:
        row["stack"] = StackProfile.parse_pairs(stack) if stack else None
    return {key: value for key, value in row.items() if value != "" or key == "text"}


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
