"""`escalation predict --input`: the rows of a file answered one after the other."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from escalation.batch.answering import as_json, in_order
from escalation.batch.output import kept_output, part_of, rows_in
from escalation.batch.rows import read_rows
from escalation.cli.progress import rows_progress
from escalation.errors import InputError, InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from escalation.batch.answering import Answered, Asking
    from escalation.predictor import Loading


def answer_file(
    path: Path,
    output: Path | None,
    loading: Loading,
    asking: Asking,
    *,
    jobs: int,
    keep_going: bool,
    resume: bool,
) -> None:
    """Answer the rows of a file to standard output or another file.

    Raises
    ------
    InputError
        If a row is wrong: at once, or with `keep_going` in the end.
    InterruptedRunError
        If the run is interrupted; what it has written is kept.
    """
    if output is None:
        if resume:
            raise InputError("--resume goes on with a file of answers; name it by --output")
        wrong = _answer(path, None, loading, asking, jobs, keep_going, 0)
    else:
        wrong = _answer_into(output, path, loading, asking, jobs, keep_going, resume)
    if wrong:
        raise InputError(f"{wrong} lines of {path} are not answered; see the warnings")


def _answer_into(
    output: Path, path: Path, loading: Loading, asking: Asking, jobs: int, keep_going: bool, resume: bool
) -> int:
    if path.resolve() == output.resolve():
        raise InputError(f"{output}: is the input too, which the answers would replace; name another place")
    if resume and str(path) == "-":
        raise InputError("standard input cannot be read again from where it was; name a file by --input to resume")
    begun = False
    try:
        with kept_output(output, _asked(path, loading, asking), resume=resume) as kept, _terminable():
            begun = True
            return _answer(path, kept.stream, loading, asking, jobs, keep_going, kept.rows)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"interrupted{_kept(output)}") from None
    except InputError as error:
        raise InputError(f"{error}{_kept(output) if begun else ''}") from error


def _answer(
    path: Path, stream: TextIO | None, loading: Loading, asking: Asking, jobs: int, keep_going: bool, done: int
) -> int:
    """Answer the rows behind those that are done; give how many are none."""
    wrong = 0
    rows = islice(read_rows(path), done, None)
    with rows_progress(path) as advance:
        answers: Iterator[Answered] = in_order(asking, rows, loading, jobs)
        for number, bytes_read, line, error in answers:
            if error is not None:
                if not keep_going:
                    raise InputError(f"{path}, line {number}: {error} (--keep-going answers the other lines)")
                wrong += 1
                typer.echo(f"warning: {path}, line {number}: {error}", err=True)
            if error is None or asking.show is as_json:
                if stream is None:
                    typer.echo(line)
                else:
                    stream.write(f"{line}\n")
            advance(bytes_read)
    return wrong


def _asked(path: Path, loading: Loading, asking: Asking) -> dict[str, Any]:
    """What an unfinished run must have been asked with to go on: all that its answers depend on."""
    predictor = loading.load()
    return {
        "input": str(path.resolve()),
        "engine": predictor.engine,
        "caution": predictor.caution,
        "model": predictor.fingerprint,
        "stack": {category: list(names) for category, names in asking.stack.technologies.items()},
        "mode that delegates": asking.delegated_by,
        "choice of reasons": asking.reasons,
    }


def _kept(output: Path) -> str:
    rows = rows_in(part_of(output))
    return f"; {rows:,} answers are kept in {part_of(output).name}, --resume goes on after them" if rows else ""


@contextmanager
def _terminable() -> Iterator[None]:
    """Let a request to end (SIGTERM) be an interruption like that of the keyboard."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
