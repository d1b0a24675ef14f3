"""Progress bars on standard error: shown to people, silent in pipes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from escalation.cli.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

    from escalation.files import Progress


@contextmanager
def steps_progress() -> Iterator[Progress]:
    """Show long work as bars, one for each kind of work that is reported.

    Yields
    ------
    Progress
        To be called with what is being done, the steps done and the steps in all (0 if that is unknown).
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True, markup=False, emoji=False), transient=True) as bars:
        known: dict[str, TaskID] = {}

        def advance(what: str, done: int, steps: int) -> None:
            if what not in known:
                known[what] = bars.add_task(visible(what), total=steps or None)
            bars.update(known[what], completed=done)

        yield advance
