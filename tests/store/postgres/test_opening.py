"""What becomes of a database when it is opened: refused with the cure, or brought up to date, by one at a time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest
from postgres_server import Server
from store_data import Look
from stores import SITE, a_delivery, accept, an_event, claim

from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.store import open_store
from cockpit_gateway.store.postgres import opening
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.postgres.migrating import Migration, migrate, migrations
from cockpit_gateway.store.records import DeliveryFilter, EventFilter

WITHOUT_ASYNCPG = """
import sys
sys.modules["asyncpg"] = None
from cockpit_gateway.errors import StoreError
from cockpit_gateway.store import open_store
try:
    open_store("postgresql://db/gateway")
except StoreError as error:
    print(error)
"""


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def refused(url: str) -> StoreError:
    with pytest.raises(StoreError) as refusal:
        await open_store(url).open()
    return refusal.value


def test_without_the_driver_the_command_is_told() -> None:
    told = subprocess.run([sys.executable, "-c", WITHOUT_ASYNCPG], capture_output=True, text=True, check=True).stdout
    assert "pip install 'cockpit-gateway[postgres]'" in told


async def test_a_server_that_is_not_there_may_come() -> None:
    error = await refused("postgresql://gateway:swordfish@127.0.0.1:1/gateway")
    assert isinstance(error, StoreUnavailableError)
    assert str(error).startswith("postgresql://gateway:***@127.0.0.1:1/gateway cannot be used as a store: ")


async def test_a_schema_that_is_not_there_is_told_how_to_make(postgres: Server) -> None:
    assert "CREATE SCHEMA" in str(await refused(f"{postgres.url}&search_path=nobody_made_it"))


async def test_a_database_that_is_not_there_is_told_how_to_make(postgres: Server) -> None:
    error = await refused(postgres.url.replace("/postgres?", "/nobody_made_it?"))
    assert "nobody_made_it" in str(error)
    assert "createdb" in str(error)


async def test_a_database_of_another_program_is_left_alone(
    connection: asyncpg.Connection[asyncpg.Record], postgres_url: str
) -> None:
    await connection.execute("CREATE TABLE events (mine int)")
    assert "another program" in str(await refused(postgres_url))
    assert await connection.fetchval("SELECT to_regclass('deliveries')") is None
    assert await connection.fetchval("SELECT to_regclass('schema_versions')") is None


async def test_many_that_start_at_once_migrate_once(postgres_url: str, look: Look) -> None:
    stores = [PostgresStore(postgres_url) for _ in range(4)]
    opened = await asyncio.gather(*(store.open() for store in stores))
    assert len({each.gateway_id for each in opened}) == 1
    assert await look("SELECT version FROM schema_versions") == [(number,) for number in migrations()]
    for store in stores:
        await store.close()


async def test_an_older_program_goes_on_beside_a_newer_one_that_allows_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    old = PostgresStore(postgres_url)
    await old.open()
    newest = max(migrations())
    expanded = Migration("ALTER TABLE deliveries ADD COLUMN priority integer NOT NULL DEFAULT 0", oldest=newest)
    async with connection.transaction():
        await migrate(connection, {**migrations(), newest + 1: expanded})
    await accept(old, a_delivery())
    assert len(await claim(old)) == 1
    restarted = PostgresStore(postgres_url)
    await restarted.open()
    await accept(restarted, a_delivery())
    for store in (old, restarted):
        await store.close()


async def test_a_program_that_is_too_old_is_refused(
    postgres_url: str, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    newest = max(migrations())
    async with connection.transaction():
        contracted = Migration("CREATE TABLE later (a integer)", oldest=newest + 1)
        await migrate(connection, {**migrations(), newest + 1: contracted})
    assert "upgrade the program" in str(await refused(postgres_url))


async def test_a_migration_that_fails_leaves_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, look: Look
) -> None:
    broken = Migration("CREATE TABLE later (a integer); SELECT 1 / 0", oldest=1)
    monkeypatch.setattr(opening, "migrations", lambda: {**migrations(), max(migrations()) + 1: broken})
    assert "division by zero" in str(await refused(postgres_url))
    assert await look("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()") == [(0,)]


def test_migrations_have_no_gaps_and_say_who_gets_along() -> None:
    assert [*migrations()] == [*range(1, max(migrations()) + 1)]
    for number, migration in migrations().items():
        assert 1 <= migration.oldest <= number


async def test_text_comes_back_whatever_is_in_it(postgres_url: str) -> None:
    store = PostgresStore(postgres_url)
    await store.open()
    odd = "a\0b \ufdd0 \ufdd00 \ufdd01 \U0010ffff é"
    event = an_event(name=odd, label=odd, hook=odd, subjects=(odd, f"{odd}/x"), problem=odd, body=b"\0")
    key = f"{odd}/{odd}"
    delivery = a_delivery(SITE, key)
    await store.accept(event, [delivery, a_delivery(SITE, odd)])
    [stored] = await store.events(EventFilter(name=odd, subject=odd))
    assert (stored.name, stored.label, stored.hook, stored.subjects, stored.problem) == (
        odd,
        odd,
        odd,
        (odd, f"{odd}/x"),
        odd,
    )
    assert (await store.delivery(delivery.id)).key == key
    assert len(await store.deliveries(DeliveryFilter(subject=f"{odd}/x"))) == 2
    assert await claim(store, ordered=True) == [delivery.id]
    assert await store.events(EventFilter(name="a\0")) == []
    await store.set_value("plugin", odd, b"1")
    assert await store.list_keys("plugin", "a\0", after="", limit=9) == [odd]
    await store.close()


async def test_a_password_is_in_no_message(postgres: Server) -> None:
    url = f"postgresql://gateway:swordfish@/postgres?host={postgres.url.partition('host=')[2]}"
    assert "swordfish" not in str(await refused(url))
