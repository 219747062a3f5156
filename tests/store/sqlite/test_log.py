"""The write-ahead log stays short, also while somebody always reads."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from stores import an_event

from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.store.sqlite import file, log
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.log import WriteAheadLog

LONGEST = 2**20
ROW = b"x" * 50_000


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    file.make(path)
    made = file.connect(path)
    file.migrate(made, path)
    made.execute("CREATE TABLE rows (row BLOB)")
    made.execute("PRAGMA wal_autocheckpoint = 100")
    yield made
    made.close()


def write(connection: sqlite3.Connection, kept: WriteAheadLog) -> None:
    connection.execute("INSERT INTO rows VALUES (?)", (ROW,))
    kept.keep_short(connection)


def length(path: Path) -> int:
    return path.with_name("gateway.db-wal").stat().st_size


@contextlib.contextmanager
def reading(path: Path, kept: WriteAheadLog, count: int) -> Iterator[None]:
    """Read from threads that begin again at once, so that there is never a moment at which nobody reads."""
    stop = threading.Event()

    def read() -> None:
        connection = file.connect(path)
        while not stop.is_set():
            with kept.read():
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM rows").fetchone()
                stop.wait(0.002)
                connection.execute("COMMIT")
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def test_reads_that_overlap_do_not_make_it_grow(connection: sqlite3.Connection, path: Path) -> None:
    kept = WriteAheadLog(path, LONGEST)
    longest = 0
    with reading(path, kept, 3):
        for _ in range(400):
            write(connection, kept)
            longest = max(longest, length(path))
    assert LONGEST / 2 < longest < 2 * LONGEST


def test_without_waiting_for_reads_it_would(connection: sqlite3.Connection, path: Path) -> None:
    with reading(path, WriteAheadLog(path), 3):
        for _ in range(400):
            connection.execute("INSERT INTO rows VALUES (?)", (ROW,))
    assert length(path) > 5 * LONGEST


def test_a_read_that_does_not_end_holds_up_nothing(
    connection: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PATIENCE", 0.02)
    kept = WriteAheadLog(path, LONGEST)
    another = file.connect(path)
    with ExitStack() as stack:
        stack.callback(another.close)
        another.execute("BEGIN")
        another.execute("SELECT count(*) FROM rows").fetchone()
        for _ in range(50):
            write(connection, kept)
        assert length(path) > LONGEST
        assert not kept.is_short
        another.execute("COMMIT")
        kept.hurry()
        kept.keep_short(connection)
    assert kept.is_short
    assert length(path) == 0


async def test_a_store_that_is_always_read_from(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(path)
    store._log = WriteAheadLog(path, LONGEST)
    await store.open()
    done = asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            await asyncio.gather(store.totals(), store.events(EventFilter(limit=200)))

    readers = [asyncio.create_task(read()) for _ in range(4)]
    longest = 0
    for _ in range(60):
        await asyncio.gather(*(store.accept(an_event(body=ROW), []) for _ in range(5)))
        longest = max(longest, length(path))
    done.set()
    await asyncio.gather(*readers)
    assert longest < 3 * LONGEST
    assert (await store.totals()).events
    await store.close()
