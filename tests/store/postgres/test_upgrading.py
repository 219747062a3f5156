"""A newer program brings the tables up to date while older ones use them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest
from store_data import EXPIRE, Look, OpenAnother
from stores import NOW, ROOM, SEARCH, SITE, a_delivery, all_deliveries, an_event, claim, delivered

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.nodes import NodeFacts
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.postgres.migrating import Migration, migrate, migrations
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.postgres.statements import Connection
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.targets import Coalesce

NEXT = max(migrations()) + 1

WIDENED = """
ALTER TABLE deliveries ALTER attempts TYPE bigint, ALTER fresh_from TYPE bigint, ALTER batch TYPE bigint,
    ALTER target TYPE bigint;
ALTER TABLE targets ALTER number TYPE bigint;
"""
"""Changes what prepared statements answer with: PostgreSQL refuses to run them as they are."""

_DEFAULT = r"-?\d+|'[^']*'|true|false"
_ADDED = rf"ADD COLUMN \w+ [a-z ]+(\[\])?( COLLATE \"C\")?( NOT NULL DEFAULT ({_DEFAULT}))?"
_EXPANDING = re.compile(
    rf"CREATE SEQUENCE .*|CREATE TABLE (?P<made>\w+) .*|CREATE (UNIQUE )?INDEX \w+ ON (?P<indexed>\w+) .*"
    rf"|ALTER TABLE \w+ {_ADDED}(, {_ADDED})*|ALTER TABLE \w+ SET \(.*\)"
)


def harmful(sql: str) -> list[str]:
    """Return those statements of a migration that programs before it do not get along with, or wait long for."""
    text = re.sub(r"--.*", "", sql)
    found = [(" ".join(part.split()), _EXPANDING.fullmatch(" ".join(part.split()))) for part in text.split(";")]
    made = {match["made"] for _, match in found if match is not None}
    return [
        statement
        for statement, match in found
        if statement and (match is None or (match["indexed"] is not None and match["indexed"] not in made))
    ]


def test_what_older_programs_get_along_with_only_adds() -> None:
    for number, migration in migrations().items():
        assert migration.oldest == number or harmful(migration.sql) == [], number


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE events DROP COLUMN via",
        "ALTER TABLE events ADD COLUMN mood text NOT NULL",
        "ALTER TABLE events ADD COLUMN seen_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        "ALTER TABLE events ADD COLUMN mood text, DROP COLUMN via",
        "CREATE INDEX events_by_label ON events (label)",
        "DROP TABLE answers",
        "UPDATE deliveries SET attempts = 0",
        "ALTER TABLE targets ALTER number TYPE bigint",
    ],
)
def test_what_does_more_is_told(sql: str) -> None:
    assert harmful(
        f"-- oldest: 1\nCREATE TABLE moods (\n    name text\n);\nCREATE INDEX by_name ON moods (name);\n{sql};"
    ) == [sql]


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
async def reader(postgres_url: str) -> AsyncIterator[Connection]:
    """Return a connection of somebody who reads for long."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def upgrade(connection: Connection, sql: str, *, oldest: int = NEXT - 1) -> None:
    """Bring the tables up to date as a newer program does."""
    async with connection.transaction():
        await migrate(connection, {**migrations(), NEXT: Migration(sql, oldest)})


async def work(store: PostgresStore, times: int) -> list[str]:
    """Accept, deliver, coalesce and look, much of it at once; return the ids of the events."""
    burst = Coalesce(wait=1.0, max_wait=9.0)
    accepted = await asyncio.gather(
        *(store.accept(an_event(), [a_delivery(leased=True), a_delivery(SEARCH)]) for _ in range(times)),
        *(store.accept(an_event(), [a_delivery(key="lane", coalesce=burst)]) for _ in range(times)),
    )
    await asyncio.gather(*(store.settle(delivered(each)) for one in accepted for each in one.work))
    for ordered in (False, True):
        claimed = await store.claim(SEARCH, now=NOW, limit=times // 2, room=ROOM, ordered=ordered)
        await asyncio.gather(*(store.settle(delivered(each)) for each in claimed.work))
    await store.describe(NodeFacts("old"))
    await asyncio.gather(store.events(EventFilter()), all_deliveries(store), store.backlog(), store.cluster())
    assert await store.heartbeat(60)
    return [each.event_id for each in accepted]


@pytest.fixture
async def one_connection(postgres_url: str) -> AsyncIterator[PostgresStore]:
    """Return a store with one connection: what is done again is prepared there."""
    store = PostgresStore(postgres_url, settings=PostgresSettings(pool=1))
    await store.open()
    yield store
    await store.close()


async def test_statements_prepared_before_a_change_of_types_lose_and_double_nothing(
    one_connection: PostgresStore, connection: Connection, look: Look
) -> None:
    events = await work(one_connection, 8)
    for sql in (WIDENED, WIDENED.replace("bigint", "integer")):
        events.append((await one_connection.accept(an_event(), [a_delivery(SEARCH)])).event_id)
        await connection.execute(sql)
        (only,) = (await one_connection.claim(SEARCH, now=NOW, limit=1, room=ROOM, ordered=False)).work
        await one_connection.settle(delivered(only))
        events += await work(one_connection, 8)
    assert Counter(await look("SELECT id FROM events")) == Counter((event_id,) for event_id in events)
    counts = await look("SELECT state, count(*) FROM deliveries GROUP BY state")
    assert dict(counts) == {"delivered": 3 * 16 + 2, "pending": 1, "superseded": 3 * 8 - 1}
    assert await look("SELECT count(*) FROM attempts") == [(3 * 16 + 2,)]


async def test_while_a_migration_waits_for_a_table_the_others_go_on(
    postgres_store: PostgresStore, connection: Connection, reader: Connection, look: Look
) -> None:
    await reader.execute("BEGIN; SELECT FROM events")
    upgrading = asyncio.create_task(upgrade(connection, "ALTER TABLE events ADD COLUMN mood text"))

    async def waits() -> bool:
        return await look("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = $1", pid) == [(1,)]

    pid = connection.get_server_pid()
    async with asyncio.timeout(30):
        for _ in range(3):
            while not await waits():
                await asyncio.sleep(0.01)
            await postgres_store.accept(an_event(), [a_delivery()])
    assert not upgrading.done()
    await reader.execute("ROLLBACK")
    await upgrading
    assert await look("SELECT mood FROM events") == [(None,)] * 3


async def test_nobody_is_left_behind_while_it_runs(
    postgres_store: PostgresStore, connection: Connection, look: Look
) -> None:
    await postgres_store.describe(NodeFacts("web-1"))
    contracted = "ALTER TABLE events DROP COLUMN trace"
    with pytest.raises(StoreError, match="too old for what this cockpit-gateway makes of the database: web-1; "):
        await upgrade(connection, contracted, oldest=NEXT)
    await postgres_store.accept(an_event(), [])
    await postgres_store.close()
    await upgrade(connection, contracted, oldest=NEXT)
    assert (NEXT, NEXT) in await look("SELECT version, oldest FROM schema_versions")


async def test_who_stood_still_does_not_come_back_to_what_it_does_not_know(
    postgres_store: PostgresStore, connection: Connection
) -> None:
    await postgres_store.accept(an_event(), [a_delivery()])
    await connection.execute(EXPIRE, postgres_store._owner.id)
    await upgrade(connection, "CREATE TABLE moods (name text)", oldest=NEXT)
    for _ in range(2):
        with pytest.raises(StoreError, match="upgrade the program"):
            await postgres_store.heartbeat(60)
    assert await claim(postgres_store) == []


async def test_programs_that_start_at_once_wait_for_the_one_that_migrates(
    open_another: OpenAnother, connection: Connection, look: Look
) -> None:
    """The one that comes second finds nothing to do."""
    async with connection.transaction():
        await migrate(connection, {**migrations(), NEXT: Migration("CREATE TABLE moods (name text)", NEXT - 1)})
        second = asyncio.create_task(open_another())
        await eventually_waiting(look)
        assert not second.done()
    store = await second
    assert (await store.accept(an_event(), [a_delivery(SITE)])).duplicate is False
    assert await look("SELECT count(*) FROM schema_versions") == [(NEXT,)]


async def eventually_waiting(look: Look) -> None:
    async with asyncio.timeout(30):
        while await look("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(0,)]:
            await asyncio.sleep(0.01)
