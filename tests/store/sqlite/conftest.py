"""The SQLite engine, and a look into its file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit_gateway.store.sqlite.engine import SqliteStore

Look = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.db"


@pytest.fixture
async def sqlite_store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def look(path: Path) -> Iterator[Look]:
    """Return what runs a query on the file, beside the store."""
    connections: list[sqlite3.Connection] = []

    def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
        if not connections:
            connections.append(sqlite3.connect(path, isolation_level=None))
        return connections[0].execute(sql, values).fetchall()

    yield query
    for connection in connections:
        connection.close()
