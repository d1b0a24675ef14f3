"""Answers of a long run on disk: kept while it goes on, found again after an interruption, whole in the end.

While a run goes on, ``NAME.part`` beside the output holds its answers as JSON lines, and ``NAME.part.json`` what it was
asked. Only a complete run becomes the output: the same lines, or a table by the name's ending.
"""

from __future__ import annotations

import csv
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from escalation.batch.parquet import is_parquet, write_parquet
from escalation.errors import InputError
from escalation.files import is_device, parse_json, put_in_place, replacing_file, replacing_path, require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS: dict[str, type] = {
    "id": str,
    "escalate": list,
    "collaborate": list,
    "core": bool,
    "accept": bool,
    "abstained": str,
    "line": int,
    "error": str,
    "answer": str,
}
"""Columns of CSV and Parquet; ``answer`` is the whole answer as JSON, the others what is looked at most."""


_WRONG = b'{"line": '
"""So begins the line of a row that is no task."""


class Kept(NamedTuple):
    """The stream of a run, and what it has answered before.

    Attributes
    ----------
    stream : TextIO
    rows, wrong : int
        Rows answered, and those of them that were no task.
    last : str
        The line of the last of them.
    """

    stream: TextIO
    rows: int = 0
    wrong: int = 0
    last: str = ""


def part_of(output: Path) -> Path:
    """Where the answers of an unfinished run are kept."""
    target = output.resolve()
    return target.with_name(target.name + ".part")


@contextmanager
def kept_output(output: Path, asked: dict[str, Any], *, resume: bool) -> Iterator[Kept]:
    """Give the stream for a run's answers, which become `output` only when the block ends well.

    Parameters
    ----------
    output : Path
        CSV or Parquet by its name, else JSON lines. What is no ordinary file (a pipe, a device) is written straight
        into, as JSON lines.
    asked : dict
        What the run is about, as JSON knows it: a run goes on only where it is the same.
    resume : bool
        Go on after what an interrupted run has kept.

    Raises
    ------
    InputError
        If the place cannot be written, another run writes there, it holds an unfinished run although `resume` is not
        set, or, with it, has none or one that asked something else.
    MissingExtraError
        If it is Parquet and the extra ``batch`` is not installed.
    """
    if is_parquet(output):
        require("batch", "Parquet")
    if is_device(output):
        if resume:
            raise InputError(
                f"{output}: is a device or a pipe, which keeps nothing to resume after; leave --resume out"
            )
        with replacing_file(output) as stream:
            yield Kept(stream)
        return
    if output.is_dir():
        raise InputError(f"{output}: is a directory; name a file")
    part = part_of(output)
    with _resumed(part, asked) if resume else _begun(part, asked) as stream:
        _lock(stream, part)
        try:
            yield _counted(part, stream)
            stream.flush()
            _finish(part, output)
        except BaseException:
            stream.flush()
            if rows_in(part) == 0:
                _remove(part)
            raise
        _remove(part)


def rows_in(part: Path) -> int:
    """How many rows an unfinished run has answered; 0 where there is none."""
    if not part.exists():
        return 0
    with part.open("rb") as stream:
        return sum(1 for _ in stream)


def _about(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _remove(part: Path) -> None:
    for path in (part, _about(part)):
        path.unlink(missing_ok=True)


def _begun(part: Path, asked: dict[str, Any]) -> TextIO:
    """Open the place of a new run, which nobody else has."""
    try:
        stream = part.open("x+", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise InputError(
            f"{part}: an unfinished run has {rows_in(part):,} answers there; go on with --resume, or delete it"
        ) from error
    except OSError as error:
        raise InputError(f"{part}: cannot be written ({error.strerror}); name another place") from error
    with replacing_file(_about(part)) as about:
        json.dump(asked, about)
    return stream


def _resumed(part: Path, asked: dict[str, Any]) -> TextIO:
    """Open what an interrupted run has kept, if it was asked the same."""
    if not part.exists():
        raise InputError(f"{part}: there is no unfinished run to resume; leave --resume out")
    try:
        before = parse_json(_about(part).read_bytes())
        differing = [key for key, value in asked.items() if before.get(key) != value]
        stream = part.open("r+", encoding="utf-8", newline="\n")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{_about(part)}: what the unfinished run was asked cannot be read ({error}); delete it and {part.name}"
        ) from error
    if differing:
        stream.close()
        raise InputError(
            f"{part}: the unfinished run was asked with another {' and another '.join(differing)}; "
            "ask the same, or delete it"
        )
    return stream


def _lock(stream: TextIO, part: Path) -> None:
    """Refuse a place that another run is writing to, for as long as this one goes on."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system; that the file is made anew still keeps new runs apart
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"{part}: another run is writing there; wait for it, or name another place") from error


def _counted(part: Path, stream: TextIO) -> Kept:
    """Count what is kept, cut off a line that was not written to its end, and go behind the last."""
    rows = wrong = end = 0
    last = b""
    with part.open("rb+") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            rows, end, last = rows + 1, end + len(line), line
            wrong += line.startswith(_WRONG)
        lines.truncate(end)
    stream.seek(0, os.SEEK_END)
    return Kept(stream, rows, wrong, last.decode("utf-8").rstrip("\n"))


def _finish(part: Path, output: Path) -> None:
    if output.suffix.lower() == ".csv":
        with replacing_file(output) as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(map(_joined, _records(part)))
    elif is_parquet(output):
        with replacing_path(output) as temporary:
            write_parquet(temporary, COLUMNS, _records(part))
    else:
        put_in_place(part, output)


def _records(part: Path) -> Iterator[dict[str, Any]]:
    with part.open(encoding="utf-8", newline="\n") as lines:
        yield from map(_record, lines)


def _record(line: str) -> dict[str, Any]:
    answer = parse_json(line)
    if "error" in answer:
        return {"line": answer["line"], "error": answer["error"], "id": _text(answer.get("id"))}
    modes = {side: [entry["mode"] or entry["group"] for entry in answer[side]] for side in ("escalate", "collaborate")}
    return modes | {
        "id": _text(answer.get("id")),
        "core": answer["core"]["value"],
        "accept": answer["accept"] and answer["accept"]["value"],
        "abstained": answer["abstained"],
        "answer": line.rstrip("\n"),
    }


def _text(identifier: str | int | None) -> str | None:
    return None if identifier is None else str(identifier)


def _joined(record: dict[str, Any]) -> dict[str, Any]:
    """A row of CSV: modes with a space between them, JSON's words for truth."""
    cells = {key: " ".join(value) if isinstance(value, list) else value for key, value in record.items()}
    return {key: json.dumps(value) if isinstance(value, bool) else value for key, value in cells.items()}
