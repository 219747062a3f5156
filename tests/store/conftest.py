"""Every test of the port runs on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stores import MakeStore

from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres import leasing
from cockpit_gateway.store.sqlite.engine import SqliteStore


@pytest.fixture(autouse=True)
def _no_comeback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what the dead had freed by the first heartbeat."""
    monkeypatch.setattr(leasing, "COMEBACK", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file of a store of SQLite is."""
    return tmp_path / "gateway.db"


@pytest.fixture
async def sqlite_store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def make_store(request: pytest.FixtureRequest, path: Path) -> MakeStore:
    """Return what makes stores of one engine, all on the same data."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:{path}" if sqlite else request.getfixturevalue("postgres_url")
    return lambda: open_store(url)


@pytest.fixture
async def store(make_store: MakeStore) -> AsyncIterator[Store]:
    """Return an open store."""
    opened = make_store()
    await opened.open()
    yield opened
    await opened.close()
