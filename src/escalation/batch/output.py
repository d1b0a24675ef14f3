"""Answers of a long run on disk: kept while it goes on, found again after an interruption, whole in the end.

While a run goes on, ``NAME.part`` beside the output holds its answers as JSON lines, and ``NAME.part.json`` what it was
asked. Only a complete run becomes the output: the same lines, or a table by the name's ending.
"""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from escalation.atomic import is_device, put_in_place, replacing_file, replacing_path
from escalation.batch.parquet import is_parquet, write_parquet
from escalation.errors import InputError
from escalation.jsontext import parse_json

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


class Kept(NamedTuple):
    """The stream of a run, and how many rows it has answered before."""

    stream: TextIO
    rows: int


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
        into.
    asked : dict
        What the run is about, as JSON knows it: a run goes on only where it is the same.
    resume : bool
        Go on after what an interrupted run has kept.

    Raises
    ------
    InputError
        If the place cannot be written, holds an unfinished run although `resume` is not set, or, with it, has none or
        one that asked something else.
    """
    if is_device(output):
        with replacing_file(output) as stream:
            yield Kept(stream, 0)
        return
    if output.is_dir():
        raise InputError(f"{output}: is a directory; name a file")
    part = part_of(output)
    rows = _rows_kept(part, asked) if resume else _begin(part, asked)
    try:
        with part.open("a", encoding="utf-8", newline="\n") as stream:
            yield Kept(stream, rows)
    except BaseException:
        if rows_in(part) == 0:
            _remove(part)
        raise
    _finish(part, output)
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


def _begin(part: Path, asked: dict[str, Any]) -> int:
    if part.exists():
        raise InputError(
            f"{part}: an unfinished run has {rows_in(part):,} answers there; go on with --resume, or delete it"
        )
    try:
        _about(part).write_text(json.dumps(asked), encoding="utf-8")
        part.touch()
    except OSError as error:
        raise InputError(f"{part}: cannot be written ({error.strerror}); name another place") from error
    return 0


def _rows_kept(part: Path, asked: dict[str, Any]) -> int:
    """Count what is kept, after cutting off a line that was not written to its end."""
    try:
        before = parse_json(_about(part).read_bytes())
        stream = part.open("rb+")
    except (OSError, ValueError) as error:
        raise InputError(f"{part}: there is no unfinished run to resume; leave --resume out") from error
    differing = [key for key, value in asked.items() if before.get(key) != value]
    if differing:
        raise InputError(
            f"{part}: the unfinished run was asked with another {' and another '.join(differing)}; "
            "ask the same, or delete it"
        )
    rows = end = 0
    with stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            rows, end = rows + 1, end + len(line)
        stream.truncate(end)
    return rows


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
        return {"line": answer["line"], "error": answer["error"]}
    modes = {side: [entry["mode"] or entry["group"] for entry in answer[side]] for side in ("escalate", "collaborate")}
    return modes | {
        "id": str(answer["id"]) if "id" in answer else None,
        "core": answer["core"]["value"],
        "accept": answer["accept"] and answer["accept"]["value"],
        "abstained": answer["abstained"],
        "answer": line.rstrip("\n"),
    }


def _joined(record: dict[str, Any]) -> dict[str, Any]:
    """A row of CSV: modes with a space between them, JSON's words for truth."""
    cells = {key: " ".join(value) if isinstance(value, list) else value for key, value in record.items()}
    return {key: json.dumps(value) if isinstance(value, bool) else value for key, value in cells.items()}
