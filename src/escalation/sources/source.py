"""What every reader of task lists returns: tasks, and the entries that it leaves out with the reason.

A reader is a function ``read_x(text, path, include_done=False) -> Iterator[Entry]``. It gets the text of a file and its
path as the caller wrote it, and raises `InputError` with the place and a remedy if the text is not of its kind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from escalation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


class SourceTask(NamedTuple):
    """A task as a file has it.

    Attributes
    ----------
    id : str, int or None
        The file's own id, or None if it has none; a number only if a JSON file has one.
    text : str
    status : str
        As the file writes it, in lower case; "" if there is none.
    place : str
        ``path:line``, or ``path`` where lines mean nothing.
    stack : object
        A Stack Profile of the task itself, as the file has it.
    delegated_by : str or None
    """

    id: str | int | None
    text: str
    status: str
    place: str
    stack: object = None
    delegated_by: str | None = None


class Skipped(NamedTuple):
    """An entry that is not a task to do.

    Attributes
    ----------
    id : str, int or None
        The file's own id, or None if it has none.
    title : str
        Its first line, at most 80 characters.
    reason : str
        Why it is left out: ``done``, ``cancelled``, ``a legend``, ``groups its subtasks``.
    place : str
        ``path:line``, or ``path`` where lines mean nothing.
    """

    id: str | int | None
    title: str
    reason: str
    place: str


Entry: TypeAlias = SourceTask | Skipped

TITLE_LENGTH = 80
MAX_CHARACTERS = 50 * 2**20
"""Size limit of a file of tasks."""

_JSON = re.compile(r"\ufeff?\s*[{\[]\s*[{\[\"\]}]")
_REMARK = re.compile(r"\s*[(\[,;:\u2013\u2014]|\s-\s|(?<=\w)\.\s")

_DONE = {
    "done": "done", "x": "done", "complete": "completed", "completed": "completed", "finished": "done",
    "closed": "closed", "resolved": "resolved", "fixed": "fixed", "merged": "merged", "released": "released",
    "shipped": "shipped", "deployed": "deployed", "implemented": "implemented", "verified": "verified",
    "cancelled": "cancelled", "canceled": "cancelled", "abandoned": "abandoned", "dropped": "dropped",
    "rejected": "rejected", "declined": "declined", "duplicate": "duplicate", "invalid": "invalid",
    "wontfix": "won't do", "wont fix": "won't do", "won't fix": "won't do", "wont do": "won't do",
    "won't do": "won't do", "not planned": "not planned", "obsolete": "obsolete", "superseded": "superseded",
    "archived": "archived", "skipped": "skipped", "deleted": "deleted", "removed": "removed", "tombstone": "tombstone",
}  # fmt: skip
"""The statuses of entries that nobody is to work on any more, with the reason that is reported."""


def is_done(status: str) -> str | None:
    """Return the reason for which an entry of a status is left out, or None if it is still to be worked on.

    Parameters
    ----------
    status : str
        In any case, with hyphens, underscores or spaces.

    Returns
    -------
    str or None
        None for pending, in progress, review, deferred, blocked, and any status that is not known.

    Examples
    --------
    >>> is_done("Canceled")
    'cancelled'
    >>> is_done("in-progress") is None
    True
    """
    known = _DONE.get(_plain(status))
    return known or _DONE.get(_plain(_REMARK.split(status.strip(), maxsplit=1)[0]))


def _plain(status: str) -> str:
    words = status.lower().replace("\u2019", "'").replace("_", " ").replace("-", " ").split()
    return " ".join(words).strip("*.! ✅✔☑\ufe0f")


def first_line(text: str) -> str:
    r"""Return the first line of a text as the title of an entry, at most 80 characters.

    >>> first_line("Add the page\nand its test")
    'Add the page'
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def check_source(text: str, path: Path) -> None:
    """Raise if what a file contains cannot be tasks of any kind.

    Raises
    ------
    InputError
        If the text is empty, has NUL characters, or is longer than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"{path}: has {len(text):,} characters, more than {MAX_CHARACTERS:,}; split it, or name one of its parts"
        )
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{path}:{line}: has NUL characters, so it is not UTF-8 text; save it as UTF-8")
    if not text.strip("\ufeff \t\r\n"):
        raise InputError(f"{path}: is empty; name a file that has tasks")


def is_json(text: str) -> bool:
    """Return whether a text begins as JSON does; ``[ ]`` and ``[x]`` begin a box."""
    return _JSON.match(text) is not None and not text.lstrip("\ufeff \t\r\n").startswith(("[ ]", "[]"))
