"""One task from standard input, and how far the reading of many has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.errors import InputError
from escalation.sources.lines import MAX_LINE
from escalation.sources.parquet import is_parquet, open_parquet
from escalation.sources.reading import stdin_stream
from escalation.task.text import MAX_CHARACTERS

if TYPE_CHECKING:
    from pathlib import Path


def read_stdin() -> str:
    """Read a text from standard input.

    Raises
    ------
    InputError
        If standard input is closed or not UTF-8. A text that is too long is left to the check of the task.
    """
    data = stdin_stream().read(MAX_LINE)
    if len(data) == MAX_LINE:
        return " " * (MAX_CHARACTERS + 1)
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 text (byte {error.start}); send it as UTF-8") from error


def count_steps(path: Path) -> int:
    """Return what `Row.done` will be at the end of a file; 0 if that is unknown."""
    if not path.is_file():
        return 0
    if is_parquet(path):
        with open_parquet(path) as file:
            return int(file.metadata.num_rows)
    return path.stat().st_size
