"""Answers that were corrected: where they are kept, and how a repetition of a corrected text is recognised.

Everything here works without a database. `escalation.feedback` writes the file; predicting reads only this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from escalation.errors import InputError, StoreError
from escalation.files import convert, parse_json, read_text
from escalation.task.text import words_of

if TYPE_CHECKING:
    from typing import TypeAlias

    from escalation.task.stack import StackProfile

By: TypeAlias = Literal["person", "agent", "teacher"]
"""Who says what the right answer is; an agent's word counts as a teacher's."""

FORMAT = 1
STORE_VARIABLE = "ESCALATION_STORE"
_APPLICATION = "escalation"
_REMEDY = "run `escalation corrections` to write it anew, or answer without it by --store none"
_SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")
_PASSWORD = re.compile(r"(?<=:)[^/@]*(?=@)")
_SECRET = re.compile(r"(?<=[?&])((?:ssl)?password|passfile)=[^&]*", re.IGNORECASE)


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


class Place(NamedTuple):
    """Where corrections are kept.

    Attributes
    ----------
    url : str
        Of the database, as SQLAlchemy takes it.
    answers : Path
        The file of corrected answers, which `predict` reads.
    model : Path
        The directory of the adapted model, which `escalation adapt` writes.
    """

    url: str
    answers: Path
    model: Path

    @property
    def shown(self) -> str:
        """The URL without its password, for messages."""
        return without_password(self.url)


def data_directory() -> Path:
    """Return this program's directory for a user's data.

    It is that of the package platformdirs, as a test makes sure; importing that package takes 15 ms.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif os.environ.get("XDG_DATA_HOME", "").strip():
        base = Path(os.environ["XDG_DATA_HOME"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path.home() / ".local" / "share"
    return base / _APPLICATION


def place_of(setting: str | Path | None = None) -> Place | None:
    """Return where corrections are kept, or None if the setting is ``none``.

    Parameters
    ----------
    setting : str or Path, optional
        The URL of a database, the path of an SQLite file, or ``none``. By default the environment variable
        ``ESCALATION_STORE``, or else ``corrections.db`` in the user's data directory.

    Raises
    ------
    InputError
        If the URL has no ``//`` or names a database in memory.

    Examples
    --------
    >>> place_of("/team/fixes.db").answers.name
    'fixes.answers.json'
    >>> place_of("postgresql://ann:secret@db/fixes").shown
    'postgresql+psycopg://ann:***@db/fixes'
    """
    text = str(setting if setting is not None else os.environ.get(STORE_VARIABLE, "")).strip()
    if text.lower() == "none":
        return None
    if not text:
        return _beside(data_directory() / "corrections.db")
    if "://" not in text:
        begin = _SCHEME.match(text)
        if begin:
            raise InputError(f"the store {begin[0]!r}... is neither a path nor a URL; write {begin[0]}//...")
        return _beside(Path(text))
    scheme, _, rest = text.partition("://")
    if scheme.lower() in ("sqlite", "sqlite+pysqlite"):
        path = rest.partition("?")[0].removeprefix("/")
        if path in ("", ":memory:") or path.startswith("file:"):
            raise InputError(f"the store {text!r} names no file; write sqlite:///PATH, or the path alone")
        return _beside(Path(path))
    if scheme.lower() in ("postgres", "postgresql"):
        text = f"postgresql+psycopg://{rest}"
    name = hashlib.sha256(_PASSWORD.sub("", _SECRET.sub("", text)).encode()).hexdigest()[:16]
    folder = data_directory()
    return Place(text, folder / f"{name}.answers.json", folder / f"{name}.model")


def _beside(path: Path) -> Place:
    path = path.expanduser().absolute()
    return Place(f"sqlite:///{path}", path.with_suffix(".answers.json"), path.with_suffix(".model"))


def without_password(url: str) -> str:
    """Return a URL with ``***`` in place of its password."""
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    hidden = f"{name}{colon}***{at}{host}" if at and colon else rest
    return f"{scheme}://" + _SECRET.sub(r"\1=***", hidden)


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
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: tuple[int, int, int] | None = None
        self._answers: dict[str, Answered] = {}

    def __bool__(self) -> bool:
        return bool(self._current())

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
