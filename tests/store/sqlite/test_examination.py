"""The examination: a sound store is found sound, and each kind of damage is told."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from stores import a_delivery, accept, an_event, delivered, leased

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.examination import examine


def damage(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


async def filled(store: SqliteStore) -> None:
    for _ in range(20):
        await store.accept(an_event(body=os.urandom(3000)), [a_delivery()])
    await store.settle(delivered(await leased(store)))


async def test_a_sound_store_in_use(sqlite_store: SqliteStore, path: Path) -> None:
    await filled(sqlite_store)
    found = examine(path)
    assert found.problems == []
    assert found.rows == {"events": 21, "deliveries": 21, "attempts": 1}
    assert found.schema == max(file._migrations())
    assert found.size >= sum(part.stat().st_size for part in file.parts(path)[:2])
    await accept(sqlite_store)
    assert examine(path).rows["events"] == 22


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (["DELETE FROM bodies WHERE seq = 3"], "event 3 has no body"),
        (["DELETE FROM events WHERE seq = 2"], "belongs to nothing in events"),
        (["PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE name = 'lanes'"], "never used"),
    ],
)
async def test_what_does_not_fit_together(
    sqlite_store: SqliteStore, path: Path, statements: list[str], problem: str
) -> None:
    await filled(sqlite_store)
    await sqlite_store.close()
    damage(path, *statements)
    found = examine(path)
    assert any(problem in told for told in found.problems), found.problems
    assert len(found.problems) <= 60


async def test_overwritten_pages(sqlite_store: SqliteStore, path: Path) -> None:
    await filled(sqlite_store)
    await sqlite_store.close()
    with path.open("r+b") as opened:
        opened.seek(path.stat().st_size - 40_000)
        opened.write(os.urandom(40_000))
    assert examine(path).problems


async def test_a_store_cut_short(sqlite_store: SqliteStore, path: Path) -> None:
    await filled(sqlite_store)
    await sqlite_store.close()
    with path.open("r+b") as opened:
        opened.truncate(path.stat().st_size - 8192)
    with pytest.raises(StoreError, match="damaged or cut short"):
        examine(path)


@pytest.mark.parametrize("content", [b"", b"text " * 999])
def test_what_is_no_store(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=str(path)):
        examine(path)
    assert path.read_bytes() == content
