"""A look into the file of the SQLite engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Look = Callable[..., list[tuple[Any, ...]]]


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
