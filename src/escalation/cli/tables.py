"""Tables of figures for people, the same for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from escalation.cli.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

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
