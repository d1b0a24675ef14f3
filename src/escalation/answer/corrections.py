"""The file of corrected answers, and how a repetition of a corrected text is recognised.

Everything here works without a database. `escalation.feedback` writes the file; predicting reads only this file.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Literal

import msgspec

from escalation.errors import StoreError
from escalation.files import convert, parse_json, read_text
from escalation.task.text import words_of

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

    from escalation.task.stack import StackProfile

By: TypeAlias = Literal["person", "agent", "teacher"]
"""Who says what the right answer is; an agent's word counts as a teacher's."""

FORMAT = 1
_REMEDY = "run `escalation corrections` to write it anew, or answer without it by --store none"


class Answered(msgspec.Struct, frozen=True):
    """A corrected answer.

    Attributes
    ----------
    id : int
        Of the correction in the store.
    by : {"person", "agent", "teacher"}
        Who corrected it.
    escalate, collaborate : tuple of str
        Modes, or groups that stay open.
    core : bool
    """

    id: int
    by: By
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool


def key_of(text: str, stack: StackProfile, home: str) -> str:
    """Return a key that two tasks share if a correction of one answers the other.

    It depends on the home mode, the Stack Profile, and the words and numbers of the text, not on case, white space or
    punctuation.

    Examples
    --------
    >>> from escalation import StackProfile
    >>> one, two = (key_of(text, StackProfile(), "writer") for text in ("Fix  issue 12!", "fix issue 12"))
    >>> one == two
    True
    """
    technologies = {
        category: sorted({_folded(name) for name in names}) for category, names in stack.technologies.items() if names
    }
    content = [home, sorted(technologies.items()), _words(text)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def _words(text: str) -> list[str]:
    if text.isascii():
        return words_of(text) or text.split()
    # Marks are parts of letters in many scripts, and emoji may be all that a text says.
    kept = "".join(
        sign if unicodedata.category(sign)[0] in "LMN" or unicodedata.category(sign) == "So" or sign in "+#" else " "
        for sign in _folded(text)
    )
    return kept.split() or text.split()


class _File(msgspec.Struct):
    format: int
    sha256: str
    answers: dict[str, Answered]


class CorrectedAnswers:
    """The corrected answers of a file, which is read again when it has changed.

    Parameters
    ----------
    path : Path
        A file that does not exist holds no answers.

    Raises
    ------
    StoreError
        If the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: tuple[int, int, int] | None = None
        self._answers: dict[str, Answered] = {}
        self._current()

    def find(self, text: str, stack: StackProfile, home: str) -> Answered | None:
        """Return the corrected answer to a task, or None.

        Raises
        ------
        StoreError
            If the file is damaged.
        """
        answers = self._current()
        return answers.get(key_of(text, stack, home)) if answers else None

    def _current(self) -> dict[str, Answered]:
        try:
            stat = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read ({error.strerror}); {_REMEDY}") from error
        state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if state != self._state:
            self._answers = read_answers(self.path)
            self._state = state
        return self._answers


def read_answers(path: Path) -> dict[str, Answered]:
    """Read a file of corrected answers, by `key_of`.

    Raises
    ------
    StoreError
        If it cannot be read, has been changed since it was written, or is of another format.
    """
    text = read_text(path, StoreError, _REMEDY)
    try:
        data = parse_json(text)
        if isinstance(data, dict) and data.get("format") not in (None, FORMAT):
            raise ValueError(f"it is of format {data['format']!r}, this version reads {FORMAT}")
        file = convert(data, _File)
        if file.sha256 != hash_of(file.answers):
            raise ValueError("its content does not match its hash")
    except ValueError as error:
        raise StoreError(f"{path}: is damaged ({error}); {_REMEDY}") from error
    return file.answers


def hash_of(answers: dict[str, Answered]) -> str:
    """Return the hash that a file of corrected answers states of its content."""
    return hashlib.sha256(msgspec.json.encode(answers, order="sorted")).hexdigest()
