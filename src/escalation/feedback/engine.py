"""Connect to the database of a store, and explain what can go wrong."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from escalation.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from escalation.files.places import Place

READING = "escalation_reading"
"""Execution option of connections that only read; for SQLite they wait for no lock."""
BUSY_SECONDS = 30
_DRIVERS = {"psycopg": "pip install 'psycopg[binary]'"}


def engine_of(place: Place) -> Engine:
    """Return an engine for a store; for SQLite, make the folder of its file."""
    try:
        url = sa.make_url(place.url)
    except ValueError as error:  # such as a port that is not a number
        raise exc.ArgumentError(str(error)) from error
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    path = Path(url.database or "")
    try:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path.parent}: cannot be made ({error.strerror or error}); name another place by --store"
        ) from error
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin as `_begin_sqlite` says
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a correction that was confirmed outlives a power failure
    cursor.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # With the lock for writing from the start: a transaction that reads first and then writes could not wait for it.
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Raise errors of the database as `StoreError`, with what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = error.name or ""
        install = _DRIVERS.get(name, f"pip install {name}")
        raise StoreError(f"{place.shown}: needs the driver {name!r}, which is not installed; {install}") from error
    except exc.NoSuchModuleError as error:
        raise StoreError(
            f"{place.shown}: no such kind of database; write sqlite:///PATH or postgresql://..."
        ) from error
    except exc.ArgumentError as error:
        raise StoreError(
            f"{place.shown}: is not the URL of a database; write sqlite:///PATH or postgresql://..."
        ) from error
    except exc.SQLAlchemyError as error:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        raise StoreError(f"{place.shown}: {cause}; {_remedy(cause)}") from error


def _remedy(cause: str) -> str:
    for words, remedy in (
        ("full", "free space and try again"),
        ("disk I/O", "is the disk full or the file system read-only? free space and try again"),
        ("locked", "another program holds it; try again when it has finished"),
        ("readonly", "make the file writable, or name another place by --store"),
        ("unable to open", "check that the place exists and can be written to, or name another by --store"),
        ("not a database", "name another file by --store, or move this one away"),
        ("malformed", "restore it from a copy, or move it away to begin anew"),
        ("password", "check the user and the password in the URL"),
        ("does not exist", "create the database or check its name"),
        ("connection", "is the server running, and is the address right?"),
    ):
        if words in cause:
            return remedy
    return "check the URL, or name another store by --store"
