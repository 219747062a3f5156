"""The reserve: set aside while there is plenty of room, and given back when there is none."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import NamedTuple

import pytest
from stores import an_event
from structlog.testing import capture_logs

from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.store.sqlite import reserve
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.reserve import Reserve

MEBIBYTE = 2**20


class Disk(NamedTuple):
    """What `shutil.disk_usage` says."""

    total: int
    used: int
    free: int


def a_disk(monkeypatch: pytest.MonkeyPatch, total: int, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(total, total - free, free))


def test_it_takes_room_for_its_owner_alone(path: Path) -> None:
    kept = Reserve(path)
    assert kept.set_aside()
    (made,) = path.parent.iterdir()
    found = made.stat()
    assert (made.name, found.st_mode & 0o777) == ("gateway.db.reserve", 0o600)
    assert found.st_blocks * 512 >= found.st_size > 0
    assert kept.set_aside()
    assert kept.give_back()
    assert not kept.give_back()
    assert list(path.parent.iterdir()) == []


def test_of_a_small_disk_it_takes_a_part(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_disk(monkeypatch, 20 * MEBIBYTE, 10 * MEBIBYTE)
    assert Reserve(path).set_aside()
    (made,) = path.parent.iterdir()
    assert made.stat().st_size == MEBIBYTE


def test_it_is_not_set_aside_when_there_is_little_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_disk(monkeypatch, 20 * MEBIBYTE, 4 * MEBIBYTE - 1)
    assert not Reserve(path).set_aside()
    assert list(path.parent.iterdir()) == []
    a_disk(monkeypatch, 20 * MEBIBYTE, 4 * MEBIBYTE)
    assert Reserve(path).set_aside()


def test_where_it_cannot_be_made_that_is_said(tmp_path: Path) -> None:
    place = tmp_path / "gateway.db"
    place.with_name("gateway.db.reserve").symlink_to(tmp_path / "nowhere" / "at-all")
    with capture_logs() as logged:
        assert not Reserve(place).set_aside()
    assert [entry["log_level"] for entry in logged] == ["warning"]


def test_other_failures_leave_it_where_it_is(path: Path) -> None:
    kept = Reserve(path)
    kept.set_aside()
    assert not kept.make_room(sqlite3.OperationalError("locked"))
    assert not kept.make_room(ValueError())
    assert [found.name for found in path.parent.iterdir()] == ["gateway.db.reserve"]


class Pages(Reserve):
    """A reserve on a disk that is a number of pages."""

    connection: sqlite3.Connection
    pages: int

    def give_back(self) -> bool:
        given = super().give_back()
        if given:
            self.limit(self.pages + 100)
        return given

    def limit(self, pages: int) -> None:
        """Set how large the disk is."""
        self.pages = pages
        self.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


async def test_events_are_stored_in_it(path: Path) -> None:
    store = SqliteStore(path)
    disk = store._reserve = Pages(path)
    await store.open()
    assert store._connection is not None
    disk.connection = store._connection
    disk.limit(200)
    assert await store.set_reserve_aside()
    with capture_logs() as logged:
        stored = await fill(store)
    assert [entry["event"] for entry in logged] == ["the disk is full: events are stored in the reserve now, make room"]
    assert stored * 20_000 > 250 * 4096
    assert not path.with_name("gateway.db.reserve").exists()
    assert len(await store.events(EventFilter(limit=1000))) == stored
    disk.limit(10_000)
    assert (await store.accept(an_event(), [])).event_id
    await store.close()


async def fill(store: SqliteStore) -> int:
    """Store events until there is no room; return how many that were."""
    for number in range(1000):
        try:
            await store.accept(an_event(body=b"x" * 20_000), [])
        except StoreUnavailableError:
            return number
    raise AssertionError("the disk did not fill up")


async def test_it_goes_when_the_store_is_closed(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    assert await store.set_reserve_aside()
    assert path.with_name("gateway.db.reserve").stat().st_size <= reserve.LARGEST
    await store.close()
    assert not path.with_name("gateway.db.reserve").exists()
