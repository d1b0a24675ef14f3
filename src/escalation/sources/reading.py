"""Read the tasks of a file, a folder or standard input, whatever tool keeps them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from escalation.errors import InputError
from escalation.files import open_bytes
from escalation.sources.json_lists import json_line_rows, json_rows
from escalation.sources.kinds import (
    KINDS,
    Kind,
    by_first_line,
    detect,
    evident,
    is_box_file,
    is_story,
    is_task_master_file,
    named,
)
from escalation.sources.lines import MAX_FILE, Lines, too_large
from escalation.sources.parquet import is_parquet, parquet_rows
from escalation.sources.records import Reading, Row
from escalation.sources.source import Entry, Skipped, SourceTask
from escalation.sources.tables import table_rows
from escalation.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

STDIN = Path("-")
_REMEDY = "name a file with tasks, or a folder with files of known kinds"
_IGNORED = frozenset(
    {"node_modules", "venv", "env", "site-packages", "__pycache__", "dist", "build", "target", "vendor",
     "archive", "completed"}
)  # fmt: skip
"""Folders that are not walked: what is installed or built, and what is over."""
_HIDDEN = frozenset({".kiro", ".taskmaster", ".beads", ".backlog", ".specify", ".bmad", ".bmad-core"})
"""Hidden folders that are."""
_HEAD = 65_536


class Tasks(Iterable[Task]):
    """The tasks of a file or a folder, each read when it is asked for.

    Attributes
    ----------
    skipped : list of Skipped
        What has been left out so far, with the reasons; complete when all tasks have been asked for.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        self._reading = reading
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[Task]:
        """Yield the tasks from the first on.

        Raises
        ------
        InputError
            If the file cannot be read, is not understood, or an entry cannot be used.
        """
        self.skipped = []
        for row in read_rows(self._path, self._reading):
            if isinstance(row.value, Skipped):
                self.skipped.append(row.value)
                continue
            try:
                yield task_of(row)
            except InputError as error:
                raise InputError(f"{row.path}, line {row.number}: {error}") from error


def read_tasks(
    path: str | Path,
    format: str | None = None,
    *,
    include_done: bool = False,
    text_columns: Iterable[str] = (),
    id_column: str | None = None,
) -> Tasks:
    """Read the tasks of a file or a folder, whatever tool keeps them.

    Parameters
    ----------
    path : path
        A file, a folder that is searched for files of known kinds, or ``-`` for standard input.
    format : str, optional
        The kind, such as ``boxes``, ``github`` or ``csv``; by default it is told by path and content.
    include_done : bool
        Whether entries that are done, cancelled or closed are tasks too.
    text_columns : iterable of str
        Columns or keys that make up a task's text, the title first, for a table or JSON whose names are not known.
    id_column : str, optional
        Column or key of the id.

    Returns
    -------
    Tasks
        An iterable of `Task`, each with its ``id`` and ``place``; ``skipped`` lists what is left out.

    Raises
    ------
    InputError
        If the format is unknown; while iterating, if the file cannot be read, is not understood, or an entry cannot
        be used.
    """
    if isinstance(text_columns, str):
        raise InputError(f"text_columns is one text, {text_columns!r}; pass a list of names")
    kind = None if format is None else named(format).name
    return Tasks(Path(path), Reading(kind, include_done, tuple(text_columns), id_column))


def task_of(row: Row, stack: object = None, delegated_by: str | None = None) -> Task:
    """Return the task of a row; `stack` and `delegated_by` apply if it has none of its own.

    Raises
    ------
    InputError
        If the row is not a task.
    """
    if isinstance(row.value, InputError):
        raise row.value
    if not isinstance(row.value, SourceTask):
        raise InputError(f"{row.value.title!r} is left out ({row.value.reason})")
    name, text, _, place, own, sender = row.value
    return replace(
        Task.of({"text": text, "id": name, "stack": own, "from": sender}, stack, delegated_by), place=shown(place)
    )


def shown(name: str) -> str:
    """Return a name of a file as answers have it: what cannot be printed is written as an escape."""
    if name.isprintable():
        return name
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name)


def read_rows(path: Path, reading: Reading = Reading(), data: bytes | None = None) -> Iterator[Row]:  # noqa: B008
    """Yield the entries of a file or of the known files of a folder.

    JSON lines, CSV and Parquet are read with never more than one line or one batch in memory, other kinds whole.

    Parameters
    ----------
    path : Path
        ``-`` is standard input.
    reading : Reading
    data : bytes, optional
        The content, if it has been read already.

    Raises
    ------
    InputError
        If a file cannot be read, is empty or not understood, or a folder has no file of a known kind.
    MissingExtraError
        If it is Parquet and the extra ``batch`` is not installed.
    """
    if data is not None or path == STDIN:
        stream = stdin_stream() if data is None else BufferedReader(BytesIO(data))
        yield from _stream_rows(stream, path, reading)
    elif path.is_dir():
        yield from _folder_rows(path, reading)
    else:
        yield from _file_rows(path, reading)


def read_several(paths: Sequence[Path], reading: Reading) -> Iterator[Row]:
    """Yield the entries of one file or folder as `read_rows` does; of several, with ids that begin with the path."""
    if len(paths) == 1:
        yield from read_rows(paths[0], reading)
        return
    for path in paths:
        yield from (_below(shown(path.as_posix()), row) for row in read_rows(path, reading))


def read_whole(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:  # noqa: ARG001
    """Yield a whole text as one task."""
    yield SourceTask(None, text, "", str(path))


def stdin_stream() -> BinaryIO:
    """Return standard input, which may be closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed; name a file, or pass the task as an argument")
    return sys.stdin.buffer


def _file_rows(path: Path, reading: Reading) -> Iterator[Row]:
    if reading.format == "parquet" or (reading.format is None and is_parquet(path)):
        yield from parquet_rows(path, reading)
        return
    with open_bytes(path, InputError, _REMEDY) as stream:
        yield from _stream_rows(stream, path, reading)


def _stream_rows(stream: BinaryIO, path: Path, reading: Reading) -> Iterator[Row]:
    lines = Lines(stream, path)
    first = lines.first()
    if first == b"":
        raise InputError(f"{path}: is empty; {_REMEDY}")
    kind = KINDS[reading.format] if reading.format else by_first_line(path, first, reading.text_columns)
    if kind is None or kind.name not in ("csv", "jsonl", "beads"):
        if path.is_file() and path.stat().st_size > MAX_FILE:
            raise too_large(path)
        text = lines.rest()
        if kind is None:
            kind = (evident(text) or KINDS["text"]) if path == STDIN else detect(path, text, reading.text_columns)
        yield from _whole_rows(text, path, kind, reading)
    elif kind.name == "csv":
        yield from table_rows(lines, path, reading)
    else:
        yield from json_line_rows(lines, path, reading)


def _whole_rows(text: str, path: Path, kind: Kind, reading: Reading) -> Iterator[Row]:
    if kind.name in ("github", "json"):
        yield from json_rows(text, path, reading)
        return
    if kind.name in ("jsonl", "beads", "csv"):
        rows = table_rows if kind.name == "csv" else json_line_rows
        yield from rows(Lines(BytesIO(text.encode()), path), path, reading)
        return
    if kind.name == "parquet":
        raise InputError(f"{path}: Parquet is read from a file; name it")
    module, _, function = kind.reader.partition(":")
    read: Callable[[str, Path, bool], Iterator[Entry]]
    read = getattr(import_module(f"escalation.sources.{module}"), function)
    size, lines = len(text), text.count("\n") + 1
    for entry in read(text, path, reading.include_done):
        place = entry.place.rpartition(":")[2]
        number = int(place) if place.isdigit() else 1
        yield Row(number, size * number // lines, entry, str(path), entry.id)


def _folder_rows(folder: Path, reading: Reading) -> Iterator[Row]:
    files = task_files(folder)
    if not files:
        raise InputError(
            f"{folder}: has no file of a known kind (specs/*/tasks.md, .kiro/specs/*/tasks.md, "
            "openspec/changes/*/tasks.md, .taskmaster/tasks/tasks.json, backlog/tasks/*.md, "
            ".beads/issues.jsonl, stories of BMAD) and none that is evidently a task list; name a file"
        )
    for path in files:
        before = shown(path.relative_to(folder).as_posix())
        yield from (_below(before, row) for row in _file_rows(path, reading))


def _below(before: str, row: Row) -> Row:
    """Return a row whose id begins with the path of its file."""
    value = row.value
    if not isinstance(value, InputError) and value.id is not None:
        value = value._replace(id=f"{before}#{value.id}")
    return row._replace(value=value, id=None if row.id is None else f"{before}#{row.id}")


def task_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are task lists by their place, in order; else those directly in it by content.

    Raises
    ------
    InputError
        If a folder cannot be read.
    """

    def stop(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}); {_REMEDY}") from error

    found: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if _is_walked(name))
        found += (path for name in sorted(names) if _is_task_file(path := Path(root, name)))
    if found:
        return found
    return [path for path in sorted(folder.iterdir()) if path.is_file() and _is_evident(path)]


def _is_walked(name: str) -> bool:
    return name in _HIDDEN if name.startswith(".") else name not in _IGNORED


def _is_task_file(path: Path) -> bool:
    """Return whether a file is a task list by its place: the markers of the tools."""
    parts = path.absolute().parts
    name, parent, above = parts[-1], parts[-2], parts[-3] if len(parts) > 2 else ""
    if name == "tasks.md":
        return is_box_file(path)
    if name == "tasks.json":
        older = parent == "tasks" and ((kind := evident(_read(path))) is not None and kind.name == "task-master")
        return is_task_master_file(path) or older
    if parent == ".beads":
        return name == "issues.jsonl"
    if path.suffix.lower() != ".md":
        return False
    if parent == "tasks" and above in ("backlog", ".backlog"):
        return True
    return parent in ("stories", "implementation-artifacts") and is_story(_head(path))


def _is_evident(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".parquet", ".pq"):
        return True
    if path.name.lower() in ("tasks.md", "todo.md", "todo.txt", "tasks.txt"):
        return True
    if suffix in (".csv", ".tsv", ".json"):
        head = _head(path)
        first = head.lstrip().partition("\n")[0]
        if suffix == ".json":
            return path.name in ("tasks.json", "issues.json") or evident(_read(path)) is not None
        kind = by_first_line(path.with_suffix(".txt"), first.encode())
        return kind is not None and kind.name == "csv"
    return suffix == ".md" and evident(_read(path)) is not None


def _head(path: Path) -> str:
    with open_bytes(path, InputError, _REMEDY) as stream:
        return stream.read(_HEAD).decode("utf-8-sig", errors="replace")


def _read(path: Path) -> str:
    with open_bytes(path, InputError, _REMEDY) as stream:
        return stream.read(MAX_FILE).decode("utf-8-sig", errors="replace")
