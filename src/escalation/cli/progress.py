"""Progress bars on standard error: shown to people, silent in pipes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def bytes_progress(path: Path) -> Iterator[Callable[[int], None]]:
    """Show how much of a file is read; give the function that takes the bytes read so far."""
    if not sys.stderr.isatty() or not path.is_file():
        yield lambda _: None
        return
    with typer.progressbar(length=path.stat().st_size, label="answering", file=sys.stderr) as bar:
        yield lambda bytes_read: bar.update(bytes_read - bar.pos)


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
