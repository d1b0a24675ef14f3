"""`escalation predict --input`: the rows of a file answered one after the other."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from escalation.batch.answering import as_json, in_order
from escalation.batch.output import Kept, kept_output, part_of, rows_in
from escalation.batch.rows import read_rows
from escalation.cli.progress import rows_progress
from escalation.errors import EscalationError, InputError, InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from escalation.batch.answering import Answered, Asking
    from escalation.batch.rows import Row
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
        wrong = _answer(path, Kept(sys.stdout), loading, asking, jobs, keep_going)
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
            return _answer(path, kept, loading, asking, jobs, keep_going)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"interrupted{_hint(output)}") from None
    except EscalationError as error:
        raise type(error)(f"{error}{_hint(output) if begun else ''}") from error
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}){_hint(output)}") from error


def _answer(path: Path, kept: Kept, loading: Loading, asking: Asking, jobs: int, keep_going: bool) -> int:
    """Answer the rows behind those that are done; give how many of all are none."""
    wrong = kept.wrong
    with rows_progress(path) as advance:
        rows = read_rows(path)
        if kept.rows:
            _check_last(path, next(islice(rows, kept.rows - 1, None), None), kept, loading, asking)
        answers: Iterator[Answered] = in_order(asking, rows, loading, jobs)
        for number, bytes_read, line, error in answers:
            if error is not None:
                if not keep_going:
                    raise InputError(f"{path}, line {number}: {error} (--keep-going answers the other lines)")
                wrong += 1
                typer.echo(f"warning: {path}, line {number}: {error}", err=True)
            if error is None or asking.show is as_json:
                kept.stream.write(f"{line}\n")
                if kept.stream is sys.stdout:
                    kept.stream.flush()  # who reads a pipe gets each answer when it is there
            advance(bytes_read)
    return wrong


def _check_last(path: Path, row: Row | None, kept: Kept, loading: Loading, asking: Asking) -> None:
    """Refuse to go on where the last answer kept is not the answer to that row of the input."""
    if row is None or asking(loading.load(), row).line != kept.last:
        raise InputError(
            f"{path}: is not what the unfinished run has read: row {kept.rows:,} has another answer there, or none; "
            "name the same input, or delete what the run has kept"
        )


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


def _hint(output: Path) -> str:
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
