"""Progress bars on standard error: shown to people, silent in pipes."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def rows_progress(path: Path) -> Iterator[Callable[[int], None]]:
    """Show how much of a file is answered, how fast and how long it will take; give what to call after each row."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("answering"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} tasks, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=_total(path), rows=0, rate=0.0)
        begun, rows = time.monotonic(), 0

        def advance(bytes_read: int) -> None:
            nonlocal rows
            rows += 1
            rate = rows / max(time.monotonic() - begun, 1e-9)
            progress.update(bar, completed=bytes_read, rows=rows, rate=rate)

        yield advance


def _total(path: Path) -> int | None:
    """How much there is to read: bytes, or rows of Parquet; None where nobody knows."""
    from escalation.batch.parquet import count_parquet, is_parquet

    if not path.is_file():
        return None
    return count_parquet(path) if is_parquet(path) else path.stat().st_size


@contextmanager
def steps_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show the steps of long work; give the function that takes what is done, steps done and steps in all."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars: dict[str, object] = {}

        def advance(what: str, done: int, steps: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=steps)
            progress.update(bars[what], completed=done)  # type: ignore[arg-type]

        yield advance
