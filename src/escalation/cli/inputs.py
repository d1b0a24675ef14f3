"""Tasks from files and standard input, one after the other, each with its line."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from escalation.errors import InputError
from escalation.stack import StackProfile
from escalation.task import Task
from escalation.text import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BYTES = 4 * MAX_CHARACTERS
"""As many bytes MAX_CHARACTERS of UTF-8 can have."""


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
        If it is no UTF-8 or longer than a task may be.
    """
    return _decode(sys.stdin.buffer.read(_MAX_BYTES + 1), "standard input")


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
                yield Line(number, bytes_read, Task.of(row() if callable(row) else row, stack, delegated_by))
            except (InputError, ValueError) as error:
                yield Line(number, bytes_read, None, str(error))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a file of JSON lines or CSV") from error
    with stream:
        yield stream


def _json_rows(stream: BinaryIO) -> Iterator[tuple[int, int, Any]]:
    bytes_read = 0
    for number, line in enumerate(iter(lambda: stream.readline(_MAX_BYTES), b""), 1):
        bytes_read += len(line)
        if line.strip():
            yield number, bytes_read, lambda line=line: _json_row(line)


def _json_row(line: bytes) -> Any:
    text = _decode(line, "the line")
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f'is not JSON ({error}); write one object a line, such as {{"text": "..."}}') from error
    except RecursionError as error:
        raise InputError("is nested too deeply; write one flat object a line") from error


def _csv_rows(stream: BinaryIO, path: Path) -> Iterator[tuple[int, int, Any]]:
    csv.field_size_limit(MAX_CHARACTERS + 1)
    bytes_read = 0

    def lines() -> Iterator[str]:
        nonlocal bytes_read
        for line in stream:
            bytes_read += len(line)
            yield _decode(line, str(path))

    reader = csv.DictReader(lines())
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(
                f"{path}: has no column 'text'; name the column with the descriptions 'text' in the header"
            )
        for row in reader:
            yield reader.line_num, bytes_read, lambda row=row: _csv_row(row)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: is not CSV ({error}); quote texts that hold commas"
        ) from error


def _csv_row(row: dict[str, Any]) -> dict[str, Any]:
    stack = (row.get("stack") or "").strip()
    if stack.startswith("{"):
        try:
            row["stack"] = json.loads(stack)
        except ValueError as error:
            raise InputError(
                f"the column 'stack' is not JSON ({error}); write frontend=react or a JSON object"
            ) from error
    else:
        row["stack"] = StackProfile.parse(stack) if "=" in stack else StackProfile()
        if stack and "=" not in stack:
            raise InputError(f"the column 'stack' is {stack!r}; write frontend=react or a JSON object")
    return row


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
