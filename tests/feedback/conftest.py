"""A store on SQLite, and the same on PostgreSQL where a server runs."""

from __future__ import annotations

import os
import uuid

import pytest

from escalation.feedback import Store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def setting(request, tmp_path, monkeypatch):
    """Where a store of the test's own is, as --store names it."""
    if request.param == "sqlite":
        yield str(tmp_path / "fixes.db")
        return
    import psycopg

    server = os.environ["ESCALATION_TEST_POSTGRES"]  # set by .ci/with-postgres
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(setting):
    with Store.open(setting) as opened:
        yield opened
