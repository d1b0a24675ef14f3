"""The first form: corrections, and logged answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _task_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(32), nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stack", sa.JSON, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False, index=True),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("rulebook", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    ]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "corrections",
        *_task_columns(),
        sa.Column("right", sa.JSON, nullable=False),
        sa.Column("given", sa.JSON),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("weight", sa.Float),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "answers",
        *_task_columns(),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("reviewed", sa.DateTime(timezone=True)),
        sqlite_autoincrement=True,
    )
