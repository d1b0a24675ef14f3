"""`escalation review`: what would teach most, and one key for each part of its answer."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.options import (
    EngineName,
    FormatOption,
    IdColumnOption,
    IncludeDoneOption,
    JsonOption,
    ModelOption,
    RulebookOption,
    StackOption,
    StoreOption,
    TextColumnOption,
    adapted_at,
    loading_of,
    profile_of,
    reading_of,
)
from escalation.cli.terminal import Styled, one_line, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.table import Table

    from escalation.feedback.queue import Waiting
    from escalation.feedback.review import Review
    from escalation.feedback.store import Store
    from escalation.predictor import Predictor
    from escalation.sources.records import Reading
    from escalation.task.stack import StackProfile
    from escalation.task.task import Task

_SHOWN = 60
"""Characters of a task in a table."""
_LINES = 30
"""Lines of a task that are shown at once."""
_KEYS = (
    "[a]ccept  [1-9] nobody, escalate, collaborate  [e]scalate, [c]ollaborate: all modes  [o]wn work  [n]obody  "
    "[s]kip  [b]ack  [t]ext  [q]uit"
)


def review(
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="PATH",
            help="Fill the queue with the tasks of a file, a folder or standard input (-), as `predict` reads them.",
        ),
    ] = None,
    format_name: FormatOption = None,
    include_done: IncludeDoneOption = False,
    text_column: TextColumnOption = None,
    id_column: IdColumnOption = None,
    stack: StackOption = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="NAME",
            help="Only the tasks of this project; those of --input belong to it, by default to the git repository's.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many tasks at most.")] = 100,
    listed: Annotated[bool, typer.Option("--list", help="Only list them, as without a terminal.")] = False,
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Name of who reviews; not needed.")] = "",
    store: StoreOption = None,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what would teach most if you answered it, and on a terminal ask for it, one task after the other.

    In the queue are the answers that `predict --log` kept and the tasks of --input, without those that were corrected
    or reviewed, each text once: the most doubtful first, and unlike each other. What you accept is kept as a correction
    at once; the next review goes on from there. Listing changes nothing; tasks of --input are kept on a terminal only.

    \b
    Examples:

      escalation review

      escalation review --input specs/001-login/tasks.md

      escalation review --input tasks.jsonl --json --limit 20

    Exit codes: 0 done, 2 bad input, 3 invalid rulebook, 5 invalid model, 6 missing extra, 8 the store cannot be used.
    """
    from escalation.errors import InputError
    from escalation.feedback.store import Store
    from escalation.files.places import place_of

    if limit < 1:
        raise InputError(f"limit must be at least 1, got {limit}")
    reading = reading_of(format_name, include_done, text_column, id_column)
    is_terminal = bool(sys.stdin and sys.stdin.isatty() and sys.stdout.isatty())
    only_list = listed or as_json or not is_terminal
    loading = loading_of(adapted_at(model, EngineName.hybrid, place_of(store)), rulebook, EngineName.hybrid, False)
    profile, predictor = profile_of(stack, loading), loading.load()
    tasks: Iterable[Task] = () if input_file is None else _read(input_file, reading, profile)
    if place_of(store) is None and only_list and input_file is not None:
        _list(_queue(None, tasks, predictor, project, limit), as_json)
        return
    with Store.open(store) as opened:
        if not only_list:
            _fill(opened, tasks, predictor, project)
            tasks = ()
        queue = _queue(opened, tasks, predictor, project, limit)
        if only_list:
            _list(queue, as_json)
        elif queue:
            from escalation.feedback.review import Review

            _ask(Review(queue, opened, predictor, author), predictor)
        else:
            say("nothing waits for review; `predict --log` keeps answers for it, --input reads tasks")


def _read(path: Path, reading: Reading, stack: StackProfile) -> Iterator[Task]:
    """Yield the tasks of a source; at the end, say what is left out."""
    from escalation.cli.answer import left_out
    from escalation.sources.reading import Tasks
    from escalation.task.task import Task

    tasks = Tasks(path, reading)
    for task in tasks:
        yield Task.of(task, stack)
    if tasks.skipped:
        say(left_out(Counter(each.reason for each in tasks.skipped)), err=True)


def _fill(store: Store, tasks: Iterable[Task], predictor: Predictor, project: str | None) -> None:
    from escalation.feedback.project import project_name
    from escalation.feedback.queue import settled_texts
    from escalation.feedback.review import fill

    settled, _ = settled_texts(store)
    fill(store, tasks, predictor, project_name() if project is None else project, settled)


def _queue(
    store: Store | None, tasks: Iterable[Task], predictor: Predictor, project: str | None, limit: int
) -> list[Waiting]:
    from escalation.cli.display import steps_progress
    from escalation.feedback.queue import Source, logged_sources, queue, settled_texts

    settled, known = (set[str](), list[str]()) if store is None else settled_texts(store)
    sources = [] if store is None else list(logged_sources(store, predictor.rulebook.home, project))
    sources += (Source(task, task.place or "", project or "") for task in tasks)
    with steps_progress() as progress:
        return queue(sources, predictor, limit=limit, settled=settled, known=known, progress=progress)


def _list(queue: Sequence[Waiting], as_json: bool) -> None:
    from escalation.cli.display import show

    if as_json:
        for each in queue:
            typer.echo(json.dumps(each.to_dict(), ensure_ascii=False))
    elif queue:
        show([_table(queue)])
    else:
        say("nothing waits for review")


def _table(queue: Sequence[Waiting]) -> Table:
    from escalation.cli.display import table
    from escalation.feedback.records import Labels

    rows = []
    for number, each in enumerate(queue, 1):
        labels = Labels.of(each.answer)
        near = [f"{label.disposition} {label.target}" for label in each.answer.undecided]
        rows.append(
            (
                f"{number}",
                one_line(each.source.task.text, _SHOWN),
                ", ".join(labels.escalate) or "-",
                ", ".join(labels.collaborate) or "-",
                "yes" if labels.core else "no",
                ", ".join(near) or "-",
                each.doubt,
                each.source.place or (f"a{each.source.id}" if each.source.id else "-"),
            )
        )
    columns = ["", "task", "escalate", "collaborate", "own work", "undecided", "doubt", "place"]
    return table("what would teach most", columns, rows)


# ------------------------------------------------------------------------------------------------ on a terminal


def _ask(session: Review, predictor: Predictor) -> None:
    """Ask for one task after the other, until all are answered or the user leaves."""
    try:
        while session.now is not None:
            _show(session)
            if not _answer(session, predictor):
                break
    except (KeyboardInterrupt, EOFError):
        say("")
    confirmed, changed, skipped = session.counts
    left = len(session.queue) - session.at
    say(f"{confirmed:,} confirmed, {changed:,} changed, {skipped:,} skipped; {left:,} wait")


def _show(session: Review, whole: bool = False) -> None:
    """Show the task that is asked now, and its answer with what is undecided."""
    from escalation.cli.answer import as_text

    waiting = session.queue[session.at]
    place = f"  {waiting.source.place}" if waiting.source.place else ""
    say("")
    say(Styled(f"{session.at + 1} of {len(session.queue)}", "cyan", bold=True), place)
    lines = waiting.source.task.text.strip().splitlines()
    for line in lines if whole else lines[:_LINES]:
        say(Styled(line, bold=True))
    if not whole and len(lines) > _LINES:
        say(f"… and {len(lines) - _LINES} more lines ([t] shows them)")
    typer.echo(as_text(waiting.answer))


def _answer(session: Review, predictor: Predictor) -> bool:
    """Take keys for a task until it is answered; return whether to go on."""
    from escalation.cli.editing import changed, read_key, show_labels

    modes = dict(zip("123456789", session.modes(), strict=False))
    while True:
        say("")
        show_labels(session.labels)
        for number, mode in modes.items():
            side = next((side for side in ("escalate", "collaborate") if mode in getattr(session.labels, side)), "")
            say(f"  {number} {mode:30} ", Styled(side, "green", bold=True))
        say(_KEYS)
        key = read_key()
        if key == "q":
            return False
        if key == "t":
            _show(session, whole=True)
        elif key in ("a", "\r", "\n"):
            session.accept()
            return True
        elif key == "s":
            session.skip()
            return True
        elif key == "b":
            if session.back():
                return True
        elif key in modes:
            session.toggle(modes[key])
        else:
            session.labels = changed(session.labels, key, predictor.rulebook)
