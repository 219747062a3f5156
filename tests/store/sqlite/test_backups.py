"""Backups: whole, private, made while the store is used; and put back without sending anything twice."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from stores import NOW, a_delivery, accept, all_deliveries, an_event, claim, delivered, leased

from cockpit_gateway import DeliveryState
from cockpit_gateway.errors import StoreError, StoreOwnedError
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.backups import Restored, back_up, restore
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.examination import examine


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "monday.db"


def put_back(copy: Path, path: Path, *, resend: bool = False) -> Restored:
    return restore(copy, path, lambda _: None, resend=resend)


def take(path: Path, copy: Path) -> int:
    return back_up(path, copy, lambda _: None)


async def test_a_backup_of_a_store_in_use_is_whole_and_private(
    sqlite_store: SqliteStore, path: Path, copy: Path
) -> None:
    events = [await accept(sqlite_store, a_delivery()) for _ in range(30)]
    parts: list[float] = []
    size = await asyncio.to_thread(back_up, path, copy, parts.append)
    await accept(sqlite_store, a_delivery())
    assert [found.name for found in copy.parent.iterdir()] == ["monday.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert size == copy.stat().st_size
    assert parts == sorted(parts)
    assert all(0 <= part <= 1 for part in parts)
    found = examine(copy)
    assert (found.rows["events"], found.problems) == (len(events), [])


async def test_while_events_come_in(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    accepted: list[str] = []

    async def post() -> None:
        while True:
            accepted.append((await sqlite_store.accept(an_event(body=os.urandom(5000)), [a_delivery()])).event_id)

    for _ in range(500):
        await sqlite_store.accept(an_event(body=os.urandom(5000)), [])
    posting = asyncio.create_task(post())
    before = len(accepted)
    await asyncio.to_thread(take, path, copy)
    during = len(accepted) - before
    posting.cancel()
    await asyncio.wait([posting])
    assert during > 0
    assert 500 <= examine(copy).rows["events"] <= 500 + len(accepted)


async def test_what_it_had_left_to_deliver_is_not_delivered(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    done = await leased(sqlite_store)
    await sqlite_store.settle(delivered(done))
    await accept(sqlite_store, a_delivery())
    running = await leased(sqlite_store)
    sqlite_store.mark_begun(running.delivery)
    await accept(sqlite_store, a_delivery(due_at=NOW + 60))
    await asyncio.to_thread(take, path, copy)
    await sqlite_store.close()

    restored = await asyncio.to_thread(put_back, copy, path)
    assert restored.unfinished == 3
    opened = await sqlite_store.open()
    assert (opened.cancelled, opened.parked) == (3, [])
    assert await claim(sqlite_store, now=NOW + 10**6) == []
    cancelled = await sqlite_store.deliveries(DeliveryFilter(states=[DeliveryState.CANCELLED]))
    assert len(cancelled) == 3
    assert all("restored from a backup of 20" in (delivery.reason or "") for delivery in cancelled)
    assert (await sqlite_store.delivery(done.delivery.id)).state is DeliveryState.DELIVERED

    step = await sqlite_store.replay(DeliveryFilter(states=[DeliveryState.CANCELLED]), now=NOW)
    assert step.changed == 3
    assert len(await claim(sqlite_store)) == 3
    await sqlite_store.close()
    assert (await sqlite_store.open()).cancelled == 0
    assert len(await claim(sqlite_store)) == 3


async def test_unless_that_is_wanted(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    await accept(sqlite_store, a_delivery())
    await leased(sqlite_store)
    await asyncio.to_thread(take, path, copy)
    await sqlite_store.close()
    restored = await asyncio.to_thread(lambda: put_back(copy, path, resend=True))
    assert restored.unfinished == 2
    assert (await sqlite_store.open()).cancelled == 0
    assert len(await claim(sqlite_store)) == 2


async def test_a_backup_that_is_put_back_by_hand_sends_nothing_either(
    sqlite_store: SqliteStore, path: Path, copy: Path
) -> None:
    await accept(sqlite_store, a_delivery())
    await asyncio.to_thread(take, path, copy)
    await sqlite_store.close()
    shutil.copyfile(copy, path)
    assert (await sqlite_store.open()).cancelled == 1
    assert await claim(sqlite_store) == []


async def test_the_store_that_was_there_is_set_aside(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    await accept(sqlite_store)
    await asyncio.to_thread(take, path, copy)
    later = await accept(sqlite_store)
    await sqlite_store.close()
    change_without_closing(path, f"UPDATE events SET name = 'kept' WHERE seq = {later.seq}")
    aside = (await asyncio.to_thread(put_back, copy, path)).aside
    assert aside is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await sqlite_store.open()
    assert len(await sqlite_store.events(EventFilter())) == 1
    connection = sqlite3.connect(aside)
    assert connection.execute("SELECT name FROM events WHERE seq = ?", (later.seq,)).fetchone() == ("kept",)
    connection.close()


def change_without_closing(path: Path, statement: str) -> None:
    """Change a store and leave its log behind, as a process does that dies."""
    connection = file.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(statement)
    parts = [part.read_bytes() for part in file.parts(path)]
    connection.close()
    for part, content in zip(file.parts(path), parts, strict=True):
        part.write_bytes(content)


async def test_a_plain_copy_can_be_put_back_too(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    await accept(sqlite_store, a_delivery())
    await sqlite_store.close()
    shutil.copyfile(path, copy)
    os.utime(copy, (NOW, NOW))
    restored = await asyncio.to_thread(put_back, copy, path)
    assert (restored.taken_at, restored.unfinished) == (NOW, 1)
    assert (await sqlite_store.open()).cancelled == 1


async def test_where_there_was_no_store(sqlite_store: SqliteStore, path: Path, copy: Path, tmp_path: Path) -> None:
    await accept(sqlite_store)
    await asyncio.to_thread(take, path, copy)
    elsewhere = tmp_path / "new" / "place" / "gateway.db"
    assert (await asyncio.to_thread(put_back, copy, elsewhere)).aside is None
    assert examine(elsewhere).rows["events"] == 1
    assert stat.S_IMODE(elsewhere.parent.stat().st_mode) == 0o700


async def test_a_store_in_use_is_not_replaced(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    await asyncio.to_thread(take, path, copy)
    with pytest.raises(StoreOwnedError, match="stop it"):
        await asyncio.to_thread(put_back, copy, path)


async def test_nothing_is_overwritten(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    copy.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        take(path, copy)
    assert copy.read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no store at"),
        (b"", "no store of cockpit-gateway"),
        (b"# notes\n" * 1000, "not a database"),
    ],
)
def test_what_is_no_backup_is_refused(path: Path, copy: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        copy.write_bytes(content)
    with pytest.raises(StoreError, match=message):
        put_back(copy, path)
    assert not path.exists()


async def test_a_damaged_store_is_not_backed_up_silently(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    for _ in range(50):
        await sqlite_store.accept(an_event(body=os.urandom(5000)), [])
    await sqlite_store.close()
    with path.open("r+b") as opened:
        opened.truncate(path.stat().st_size - 50_000)
    with pytest.raises(StoreError, match="damaged or cut short"):
        take(path, copy)
    assert list(copy.parent.iterdir()) == []


async def test_of_a_damaged_backup_nothing_is_taken(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    for _ in range(50):
        await sqlite_store.accept(an_event(body=os.urandom(5000)), [])
    take(path, copy)
    await sqlite_store.close()
    with copy.open("r+b") as opened:
        opened.seek(copy.stat().st_size // 2)
        opened.write(os.urandom(20_000))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        put_back(copy, path)
    assert path.read_bytes() == before


async def test_what_a_killed_backup_left_behind_is_no_hindrance(
    sqlite_store: SqliteStore, path: Path, copy: Path
) -> None:
    copy.with_name("monday.db.partial").write_bytes(b"half")
    take(path, copy)
    assert [found.name for found in copy.parent.iterdir()] == ["monday.db"]


async def test_a_backup_holds_no_deleted_data(sqlite_store: SqliteStore, path: Path, copy: Path) -> None:
    await sqlite_store.accept(an_event(body=b"needle " * 3000), [])
    await sqlite_store.purge(EventFilter(source="website"))
    take(path, copy)
    assert b"needle" not in copy.read_bytes()
    assert await all_deliveries(sqlite_store) == []
