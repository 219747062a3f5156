"""Whatever has gathered is one commit; an operation that fails does so alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from gateways import eventually
from stores import NOW, SITE, a_delivery, an_event, claim, delivered, leased

from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.store.records import Duplicate, EventFilter
from cockpit_gateway.store.sqlite.engine import SqliteStore

Look = Callable[..., list[tuple[Any, ...]]]
BEGUN = "SELECT begun_at FROM deliveries WHERE id = ?"


@pytest.fixture
async def statements(sqlite_store: SqliteStore) -> AsyncIterator[list[str]]:
    """Return the statements that the writer runs, as they come."""
    connection = sqlite_store._connection
    assert connection is not None
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    yield seen
    connection.set_trace_callback(None)


async def test_events_that_come_in_at_once_share_a_commit(sqlite_store: SqliteStore, statements: list[str]) -> None:
    await asyncio.gather(*(sqlite_store.accept(an_event(), [a_delivery()]) for _ in range(256)))
    assert statements.count("COMMIT") == 1
    assert len([statement for statement in statements if statement.startswith("INSERT INTO events")]) == 4


async def test_ends_that_come_in_at_once_share_a_commit(sqlite_store: SqliteStore, statements: list[str]) -> None:
    accepted = await asyncio.gather(*(sqlite_store.accept(an_event(), [a_delivery(leased=True)]) for _ in range(64)))
    works = [item.work[0] for item in accepted]
    statements.clear()
    await asyncio.gather(*(sqlite_store.settle(delivered(work)) for work in works))
    assert statements.count("COMMIT") == 1
    assert len([statement for statement in statements if statement.startswith("UPDATE deliveries")]) == 1


async def test_one_that_fails_does_so_alone(sqlite_store: SqliteStore, statements: list[str]) -> None:
    events = [an_event() for _ in range(4)]
    results = await asyncio.gather(
        *(sqlite_store.accept(event, [a_delivery()]) for event in [*events, events[0]]), return_exceptions=True
    )
    assert [isinstance(result, StoreError) for result in results] == [False] * 4 + [True]
    assert statements.count("ROLLBACK") == 2
    assert [event.seq for event in await sqlite_store.events(EventFilter())] == [4, 3, 2, 1]


async def test_a_mark_is_written_though_nothing_else_comes(sqlite_store: SqliteStore, look: Look) -> None:
    work = await leased(sqlite_store)
    assert look(BEGUN, work.delivery.id) == [(None,)]
    sqlite_store.mark_begun(work.delivery)
    await eventually(lambda: look(BEGUN, work.delivery.id) != [(None,)])


async def test_a_mark_is_dropped_when_the_end_comes_with_it(sqlite_store: SqliteStore, statements: list[str]) -> None:
    work = await leased(sqlite_store)
    statements.clear()
    sqlite_store.mark_begun(work.delivery)
    await sqlite_store.settle(delivered(work))
    assert statements.count("COMMIT") == 1
    assert not [statement for statement in statements if "SET begun_at" in statement]


@pytest.mark.parametrize("end", ["settle", "release"])
async def test_an_end_clears_the_mark(sqlite_store: SqliteStore, look: Look, end: str) -> None:
    work = await leased(sqlite_store)
    sqlite_store.mark_begun(work.delivery)
    await asyncio.sleep(0)
    await claim(sqlite_store)
    assert look(BEGUN, work.delivery.id) != [(None,)]
    await (sqlite_store.settle(delivered(work)) if end == "settle" else sqlite_store.release([work.delivery]))
    assert look(BEGUN, work.delivery.id) == [(None,)]


async def test_keys_of_duplicates_do_not_pile_up(sqlite_store: SqliteStore, look: Look) -> None:
    for second in range(60):
        await sqlite_store.accept(an_event(NOW + second), [], Duplicate(f"key {second}", NOW + second + 10))
    assert look("SELECT count(*) FROM duplicates") == [(10,)]


async def test_a_full_disk_fails_the_group_and_passes(sqlite_store: SqliteStore, look: Look) -> None:
    work = await leased(sqlite_store)
    (used,), (limit,) = look("PRAGMA page_count")[0], look("PRAGMA max_page_count")[0]
    await sqlite_store._write(lambda connection: connection.execute(f"PRAGMA max_page_count = {used + 8}").fetchall())
    large = b"x" * 100_000
    results = await asyncio.gather(
        *(sqlite_store.accept(an_event(body=large), [a_delivery()]) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreUnavailableError] * 3
    assert "full" in str(results[0])
    assert len(await sqlite_store.events(EventFilter())) == 1
    await sqlite_store.settle(delivered(work))

    await sqlite_store._write(lambda connection: connection.execute(f"PRAGMA max_page_count = {limit}").fetchall())
    accepted = await sqlite_store.accept(an_event(body=large), [a_delivery()])
    assert (await sqlite_store.event(accepted.event_id)).seq == 2
    assert len(await claim(sqlite_store, SITE)) == 1
    assert look("PRAGMA integrity_check") == [("ok",)]


async def test_a_store_that_cannot_write_lets_go_of_its_file(sqlite_store: SqliteStore, look: Look) -> None:
    work = await leased(sqlite_store)
    await sqlite_store._write(lambda connection: connection.execute("PRAGMA busy_timeout = 1").fetchall())
    look("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked"):
        await sqlite_store.heartbeat(NOW)
    await sqlite_store.close()
    look("ROLLBACK")
    await sqlite_store.open()
    assert await claim(sqlite_store) == [work.delivery.id]
