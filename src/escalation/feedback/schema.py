"""The tables of the store, and their upgrades by Alembic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from escalation.errors import StoreError
from escalation.feedback.engine import READING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Engine

HEAD = "0001"
"""The newest migration; a test compares it with the folder."""
MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))
_LOCK = 0x657363616C
"""Of PostgreSQL's advisory locks, the one of this program: "escal"."""


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A time in UTC; SQLite, which knows no time zones, keeps it without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC, with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)  # type: ignore[no-any-return]


metadata = sa.MetaData()


def _task_columns() -> list[sa.Column[Any]]:
    """Return the columns that both tables have."""
    return [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(32), nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stack", sa.JSON, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False, index=True),
        sa.Column("when", UTCDateTime, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("rulebook", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    ]


corrections = sa.Table(
    "corrections",
    metadata,
    *_task_columns(),
    sa.Column("right", sa.JSON, nullable=False),
    sa.Column("given", sa.JSON(none_as_null=True)),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("weight", sa.Float),
    sqlite_autoincrement=True,  # the id of a forgotten correction is not used again
)
answers = sa.Table(
    "answers",
    metadata,
    *_task_columns(),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("reviewed", UTCDateTime),
    sqlite_autoincrement=True,
)


def lock(connection: Connection) -> None:
    """Wait until no other process writes to the store; until the end of the transaction, none can.

    SQLite needs nothing here, since every transaction begins with its lock for writing.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def upgrade(engine: Engine, shown: str) -> None:
    """Bring the tables of a store to the newest form; of two processes that open it at once, one does so.

    Raises
    ------
    StoreError
        If a newer version of this program has made the store.
    """
    with engine.connect().execution_options(**{READING: True}) as connection:
        if _version(connection) == HEAD:
            return
    with engine.begin() as connection:
        lock(connection)
        version = _version(connection)
        if version == HEAD:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if version is not None and version not in known:
            raise StoreError(
                f"{shown}: has the schema {version!r}, which this version does not know; upgrade escalation-predictor"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(sa.select(_VERSION.c.version_num)).scalar()
    return found
