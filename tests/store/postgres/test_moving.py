"""A store that moves from a file into a database: all of it, once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe

import pytest
from store_data import Look, die
from store_moves import command, content, fill, move, opened
from stores import NOW, SEARCH, SITE, a_delivery, accept, all_deliveries, an_event, claim, ids
from stores import leased as accept_leased

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import Hold, lane_key
from cockpit_gateway.store import moving
from cockpit_gateway.store.answers import Answer, KnownAnswer
from cockpit_gateway.store.postgres.arriving import COLUMNS, TABLES_HERE
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.records import MOST_CRASHES, Duplicate, EventFilter
from cockpit_gateway.store.sqlite import file, leaving
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.tables import TABLES

OF_PROCESSES = {"owners", "homes", "gone_nodes", "schema_versions", "sqlite_sequence"}
"""Tables that are not moved: what they say is not true of the database."""


async def test_everything_moves(sqlite_store: SqliteStore, path: Path, postgres_url: str) -> None:
    await fill(sqlite_store)
    there = await content(sqlite_store)
    repeated = Duplicate("digest", NOW + 90)
    await sqlite_store.close()
    moved = await move(path, postgres_url)
    assert (moved.resumed, moved.differing, moved.tables["deliveries"].source) == (False, [], 48)
    store = await opened(postgres_url)
    assert await content(store) == there
    assert there["answer"] == KnownAnswer(b"\1", Answer(200, b"\2sealed"))
    assert (await store.accept(an_event(NOW + 59), [], repeated)).duplicate
    lane = [found for found in await all_deliveries(store) if found.key == "key"]
    assert await claim(store, ordered=True, now=NOW + 1000, limit=1000) != []
    assert (await store.held_back_by(lane[0].id)) is not None
    await store.close()


async def test_what_comes_then_comes_after(sqlite_store: SqliteStore, path: Path, postgres_url: str) -> None:
    events = [await accept(sqlite_store, a_delivery()) for _ in range(5)]
    await sqlite_store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM deliveries WHERE seq > 2")
        connection.execute("DELETE FROM bodies WHERE seq > 2")
        connection.execute("DELETE FROM events WHERE seq > 2")
    await move(path, postgres_url)
    store = await opened(postgres_url)
    following = await accept(store, a_delivery(), a_delivery(SEARCH))
    assert following.seq == events[-1].seq + 1
    assert len(await all_deliveries(store)) == 4
    await store.close()


async def test_names_and_keys_that_no_index_of_it_takes_are_bounded(
    sqlite_store: SqliteStore, path: Path, postgres_url: str
) -> None:
    long = token_urlsafe(9000)
    await sqlite_store.accept(an_event(name=long), [a_delivery(SITE, long), a_delivery(SEARCH)])
    await sqlite_store.close()
    assert not (await move(path, postgres_url)).differing
    store = await opened(postgres_url)
    [event] = await store.events(EventFilter())
    assert event.name == long[:512]
    assert [found.key for found in await all_deliveries(store)] == [None, lane_key(long)]
    await store.close()


async def test_what_was_under_way_is_as_after_a_crash(path: Path, postgres_url: str) -> None:
    store = SqliteStore(path)
    await store.open()
    works = [await accept_leased(store) for _ in range(3)]
    await store.begin(works[1].delivery, alone=False)
    await store.begin(works[2].delivery, alone=True)
    await die(store)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE deliveries SET crashes = ? WHERE alone", (MOST_CRASHES,))
    moved = await move(path, postgres_url)
    assert ids(moved.parked) == [works[2].delivery.id]
    there = await opened(postgres_url)
    states = {delivery.id: delivery.state for delivery in await all_deliveries(there)}
    pending, dead = DeliveryState.PENDING, DeliveryState.DEAD
    assert [states[work.delivery.id] for work in works] == [pending, pending, dead]
    assert await there.suspects() == [works[1].delivery.id]
    await there.close()


async def test_an_empty_store_moves(sqlite_store: SqliteStore, path: Path, postgres_url: str) -> None:
    await sqlite_store.close()
    moved = await move(path, postgres_url)
    assert not moved.differing
    store = await opened(postgres_url)
    assert (await accept(store, a_delivery())).seq == 1
    await store.close()


async def test_a_store_of_an_older_program_is_brought_up_to_date_first(path: Path, postgres_url: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for number in (1, 2):
            connection.executescript(file._migrations()[number])
        connection.execute("INSERT INTO targets (plugin, target, held) VALUES ('webhook', 'site', 'paused')")
        connection.execute(f"PRAGMA application_id = {file.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()
    assert not (await move(path, postgres_url)).differing
    store = await opened(postgres_url)
    assert [(state.target_id, state.held) for state in await store.target_states()] == [(SITE, Hold.PAUSED)]
    await store.close()


async def test_nothing_is_forgotten_that_a_store_consists_of(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, look: Look, postgres_store: PostgresStore
) -> None:
    there = {name: set[str]() for (name,) in await look(TABLES_HERE)}
    for name in there:
        there[name] = {column for column, _ in await look(COLUMNS.sql, name)}
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        here = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in tables}
    moving_tables = {table.name for table in TABLES}
    assert there.keys() - OF_PROCESSES == here.keys() - OF_PROCESSES == moving_tables
    for table in TABLES:
        assert there[table.name] == here[table.name] | table.made.keys()
    identities = "SELECT table_name FROM information_schema.columns WHERE is_identity = 'YES' AND table_schema = $1"
    [(schema,)] = await look("SELECT current_schema()")
    assert {name for (name,) in await look(identities, schema)} == {"targets", "deliveries"}


async def test_large_bodies_go_a_few_at_a_time(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await sqlite_store.accept(an_event(body=b"x" * 1000), [])
    await sqlite_store.close()
    monkeypatch.setattr(leaving, "MOST_BYTES", 2000)
    sizes: list[int] = []

    def show(doing: str, table: str, *_: int) -> Callable[[int], None]:
        return sizes.append if (doing, table) == ("copy", "bodies") else lambda _: None

    await moving.move(path, postgres_url, show)
    assert sizes == [2, 2, 2]


async def test_in_the_end_it_says_what_to_do(sqlite_store: SqliteStore, path: Path, postgres_url: str) -> None:
    await sqlite_store.put_endpoint("made-here", b"sealed", expected=None, now=NOW)
    await sqlite_store.close()
    path.with_name("gateway.key").write_text("a key")
    separator = "&" if "?" in postgres_url else "?"
    result = await asyncio.to_thread(command, path, f"{postgres_url}{separator}password=swordfish")
    assert result.exit_code == 0
    assert "store: postgresql://" in result.stdout
    assert "password=***" in result.stdout
    assert "swordfish" not in result.output
    assert "copy it to data/gateway.key" in result.stdout
