"""What people see of figures and of long work: tables on standard output, progress bars on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from escalation.cli.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.progress import TaskID
    from rich.table import Table

    from escalation.files import Progress

_PIPED_WIDTH = 160


def show(tables: Iterable[Table]) -> None:
    """Print tables, as wide as the terminal; into a pipe, wide enough for all columns."""
    from rich.console import Console

    # Without markup and emoji codes, a task with the id "[red]x" or ":bug:" is shown as it is.
    width = None if typer.get_text_stream("stdout").isatty() else _PIPED_WIDTH
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    for shown in tables:
        console.print(shown)


def table(title: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Table:
    """Make a table.

    Parameters
    ----------
    title : str
    columns : sequence of str
        Headings. The first column is aligned to the left, the others to the right.
    rows : iterable of iterable
        Cells of any type; see `cell`.
    """
    from rich.table import Table

    made = Table(title=visible(title), title_justify="left")
    for index, column in enumerate(columns):
        made.add_column(visible(column), justify="right" if index else "left")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def cell(value: Any) -> str:
    """Return a value as a cell shows it: figures with three digits, `-` for None.

    >>> cell(0.75), cell(None), cell(12)
    ('0.750', '-', '12')
    """
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else visible(str(value))


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
