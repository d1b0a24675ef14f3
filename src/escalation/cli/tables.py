"""Tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

_PIPED_WIDTH = 160


def show(tables: Iterable[Table]) -> None:
    """Print tables, as wide as the terminal is or, into a pipe, wide enough for all columns."""
    from rich.console import Console

    console = Console(width=None if typer.get_text_stream("stdout").isatty() else _PIPED_WIDTH)
    for shown in tables:
        console.print(shown)


def table(title: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Table:
    """Make a table: the first column to the left, figures to the right with three digits, - where there is none."""
    from rich.table import Table

    made = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index else "left")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def cell(value: Any) -> str:
    """Give a value as a cell shows it."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
