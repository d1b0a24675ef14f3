"""Where corrections are kept, found without importing a database or a library."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

from escalation.errors import InputError

STORE_VARIABLE = "ESCALATION_STORE"
_APPLICATION = "escalation"
_SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")
_SECRET = re.compile(r"(?<=[?&])((?:ssl)?password|passfile)=[^&]*", re.IGNORECASE)


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
        """The path of an SQLite file, else the URL without its password, for messages."""
        return without_password(self.url).removeprefix("sqlite:///")


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
    name = hashlib.sha256(without_password(text).encode()).hexdigest()[:16]
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
