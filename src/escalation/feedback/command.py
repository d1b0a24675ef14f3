"""Run a command that is not ours: without a shell, within a time, and with no more output than is wanted."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

MAX_OUTPUT = 100_000
"""Bytes that a command may write to standard output."""
_MAX_COMPLAINT = 2_000
_CHUNK = 65_536


class CommandError(Exception):
    """A command that was of no use; the message says why, to follow its name."""


def run(arguments: Sequence[str], data: bytes, seconds: float) -> bytes:
    """Run a command and return what it writes to standard output.

    It has ended when this returns or raises; if it was too slow or wrote too much, so have the processes it started.

    Parameters
    ----------
    arguments : sequence of str
        The program and its arguments; no shell reads them.
    data : bytes
        What it can read from standard input.
    seconds : float
        How long it may take.

    Raises
    ------
    CommandError
        If it cannot be started, takes too long, writes too much, or ends with another exit code than 0.
    """
    deadline = monotonic() + seconds
    with TemporaryFile() as request:  # a pipe could fill up, if the command never reads it
        request.write(data)
        request.seek(0)
        try:
            process = subprocess.Popen(
                arguments, stdin=request, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise CommandError(f"cannot be started ({getattr(error, 'strerror', None) or error})") from error
    done = False
    try:
        said = _output(process, deadline, seconds)
        done = True
        return said
    finally:
        if not done:  # also if the user interrupts
            _end(process)


def _output(process: subprocess.Popen[bytes], deadline: float, seconds: float) -> bytes:
    said, complaint = bytearray(), bytearray()

    def read_answer(chunk: bytes) -> bool:
        said.extend(chunk)
        return len(said) <= MAX_OUTPUT

    def read_complaint(chunk: bytes) -> bool:
        complaint[:] = (complaint + chunk)[-_MAX_COMPLAINT:]
        return True

    answering, complaining = _reading(process.stdout, read_answer), _reading(process.stderr, read_complaint)
    answering.join(seconds)
    if len(said) > MAX_OUTPUT:
        raise CommandError(f"wrote more than {MAX_OUTPUT:,} bytes")
    try:
        code = process.wait(max(0.0, deadline - monotonic()))
    except subprocess.TimeoutExpired:
        code = None
    if code is None or answering.is_alive():
        raise CommandError(f"did not answer within {seconds:g} s")
    if code:
        complaining.join(1)
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise CommandError(f"ended with exit code {code}" + (f" ({last})" if last else ""))
    return bytes(said)


def _reading(stream: IO[bytes] | None, take: Callable[[bytes], bool]) -> Thread:
    """Read a stream in a thread, to its end or until `take` wants no more."""

    def read() -> None:
        if stream is not None:
            with stream:
                while chunk := os.read(stream.fileno(), _CHUNK):
                    if not take(chunk):
                        return

    thread = Thread(target=read, daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where the system has groups of processes, those that it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
