"""`escalation corrections`: list, export and forget what is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.options import JsonOption, StoreOption  # noqa: TC001  # typer reads annotations at run time
from escalation.cli.terminal import one_line, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from escalation.feedback.records import Correction, LoggedAnswer

_SHOWN = 60
"""Characters of a task in a table."""


def corrections(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these; a12 is the logged answer 12.")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="NAME", help="Only those of a project.")] = None,
    before: Annotated[
        datetime | None,
        typer.Option("--before", formats=["%Y-%m-%d"], metavar="DATE", help="Only those before a day (UTC)."),
    ] = None,
    logged: Annotated[bool, typer.Option("--logged", help="List the logged answers instead.")] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write a corpus that `escalation train` reads, one row a task."),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete what is named by id, project or date, logged answers too.")
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the corrections that are kept; export them, or delete them.

    The file of corrected answers, which `predict` reads, is brought up to date in any case.

    \b
    Examples:

      escalation corrections --project shop

      escalation corrections --export corpus.jsonl

      escalation corrections --forget 12 a3

      escalation corrections --forget --before 2026-01-31

    Exit codes: 0 done, 2 bad input, 6 missing extra, 8 the store cannot be used.
    """
    from escalation.cli.display import show
    from escalation.errors import InputError
    from escalation.feedback.records import counting
    from escalation.feedback.rows import write_corpus
    from escalation.feedback.store import Store

    if export is not None and (forget or logged or as_json):
        raise InputError("--export goes with ids, --project and --before only")
    numbers, answers = _numbers(ids or [])
    since = before.replace(tzinfo=UTC) if before else None
    with Store.open(store) as opened:
        if forget:
            gone = opened.forget(ids=numbers, answers=answers, project=project, before=since)
            say(f"{gone.corrections:,} corrections and {gone.answers:,} logged answers are deleted")
            return
        opened.write_answers()
        every = opened.corrections()
        counts = {each.id for each in counting(every).values()}
        kept: Sequence[Correction | LoggedAnswer] = opened.logged() if logged else every
        wanted = answers if logged else numbers
    found = [
        each
        for each in kept
        if (not ids or each.id in wanted) and project in (None, each.project) and (since is None or each.when < since)
    ]
    if export is not None:
        number = write_corpus([each for each in found if each.id in counts], export)  # type: ignore[misc]
        say(f"{export}: {number:,} tasks")
    elif as_json:
        for each in found:
            extra = {} if logged else {"counts": each.id in counts}
            typer.echo(json.dumps(each.to_dict() | extra, ensure_ascii=False))
    elif not found:
        say(f"nothing is kept in {opened.place.shown}" if not kept else "nothing fits")
    else:
        show(_tables(found, counts))


def _numbers(ids: list[str]) -> tuple[list[int], list[int]]:
    """Return the ids of corrections, and of logged answers."""
    from escalation.errors import InputError

    found: tuple[list[int], list[int]] = ([], [])
    for name in ids:
        number = name.removeprefix("a")
        if not number.isdecimal() or not number.isascii():
            raise InputError(f"{name!r} is not an id; write 12 for a correction, a12 for a logged answer")
        found[name.startswith("a")].append(int(number))
    return found


def _tables(kept: Sequence[Correction | LoggedAnswer], counts: set[int]) -> Iterator[Table]:
    from escalation.cli.display import table
    from escalation.feedback.records import Correction

    rows = []
    for each in kept:
        is_correction = isinstance(each, Correction)
        labels = each.right if isinstance(each, Correction) else each.given
        escalate, collaborate, core = (labels.escalate, labels.collaborate, labels.core) if labels else ((), (), False)
        rows.append(
            (
                each.id if is_correction else f"a{each.id}",
                one_line(each.text, _SHOWN),
                ", ".join(escalate) or "-",
                ", ".join(collaborate) or "-",
                "yes" if core else "no",
                each.project or "-",
                f"{each.when:%Y-%m-%d}",
                _state(each, counts),
            )
        )
    columns = ["id", "task", "escalate", "collaborate", "own work", "project", "when", "by"]
    yield table("corrections" if isinstance(kept[0], Correction) else "logged answers", columns, rows)


def _state(each: Correction | LoggedAnswer, counts: set[int]) -> str:
    from escalation.feedback.records import Correction

    if not isinstance(each, Correction):
        return "waits" if each.reviewed is None else "reviewed"
    who = f"{each.author} ({each.by})" if each.author else each.by
    return who if each.id in counts else f"{who}, replaced"
