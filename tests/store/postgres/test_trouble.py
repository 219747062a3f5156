"""Trouble with the database: calls fail at once while it lasts, then all goes on, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from gateways import eventually
from postgres_server import LocalServer, Server
from stores import SITE, a_delivery, accept, all_deliveries, an_event, claim, delivered, ids, leased
from swallower import Swallower

from cockpit_gateway import DeliveryState
from cockpit_gateway.errors import NotFoundError, StoreError, StoreUnavailableError
from cockpit_gateway.store.notices import Change, Notice
from cockpit_gateway.store.postgres import connections
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.postgres.failures import describe
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.records import EventFilter

HASTY = PostgresSettings(pool=4, connect_timeout=1.0, statement_timeout=2.0, lock_timeout=0.2)
"""Settings with which trouble is noticed soon."""

Store = PostgresStore


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Return a server that a test may stop."""
    with LocalServer.temporary() as server:
        yield server


@pytest.fixture
def own_url(own_server: LocalServer) -> Iterator[str]:
    with Server(own_server.url).place() as url:
        yield url


@pytest.fixture
async def store(own_url: str) -> AsyncIterator[Store]:
    store = PostgresStore(own_url, settings=HASTY)
    await store.open()
    yield store
    await store.close()


async def outcome(call: Callable[[], Awaitable[object]]) -> str:
    try:
        await call()
    except StoreUnavailableError as error:
        return str(error)
    return "it works"


async def until(call: Callable[[], Awaitable[object]], wanted: str = "it works") -> None:
    """Try until a call works, or fails for a reason: the server's processes learn of a setting one by one."""
    async with asyncio.timeout(20):
        while wanted not in await outcome(call):
            await asyncio.sleep(0.05)


async def test_a_server_that_is_away_fails_every_call_at_once(store: Store, own_server: LocalServer) -> None:
    event, work = await accept(store, a_delivery()), await leased(store)
    told: list[Notice] = []
    await store.watch(told.append)
    await eventually(lambda: bool(told))
    own_server.stop("immediate")
    try:
        for call in (
            lambda: store.accept(an_event(), [a_delivery()]),
            lambda: store.settle(delivered(work)),
            lambda: store.event(event.id),
            lambda: claim(store),
            lambda: store.heartbeat(60),
            lambda: store.set_value("plugin", "key", b"1"),
        ):
            began = time.monotonic()
            with pytest.raises(StoreUnavailableError):
                await call()  # type: ignore[no-untyped-call]
            assert time.monotonic() - began < 2
        told.clear()
    finally:
        own_server.start()
    await until(lambda: store.settle(delivered(work)))
    assert (await store.event(event.id)).seq == event.seq
    assert len(await claim(store)) == 1
    await store.accept(an_event(), [a_delivery()])
    await eventually(lambda: Notice(Change.ANYTHING) in told)


async def test_what_was_acknowledged_is_there_after_the_server_was_killed(
    store: Store, own_server: LocalServer
) -> None:
    acknowledged: list[str] = []
    stopped = asyncio.Event()

    async def post() -> None:
        while not stopped.is_set():
            try:
                acknowledged.append((await store.accept(an_event(), [a_delivery(leased=True)])).event_id)
            except StoreUnavailableError:
                await asyncio.sleep(0.01)

    posting = [asyncio.create_task(post()) for _ in range(8)]
    await eventually(lambda: len(acknowledged) > 50)
    await asyncio.to_thread(own_server.stop, "immediate")
    await asyncio.to_thread(own_server.start)
    before = len(acknowledged)
    await eventually(lambda: len(acknowledged) > before + 50)
    stopped.set()
    await asyncio.gather(*posting)
    found = await store.events(EventFilter(limit=100_000))
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(ids(found))
    assert [event.seq for event in found] == sorted((event.seq for event in found), reverse=True)
    await store.heartbeat(60)
    running = [each for each in await all_deliveries(store) if each.state is DeliveryState.RUNNING]
    assert {each.event_id for each in running} == set(acknowledged)


async def test_a_server_that_only_reads_is_waited_for(store: Store, own_server: LocalServer) -> None:
    event = await accept(store)
    server = Server(own_server.url)
    server.execute("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    try:
        await until(lambda: store.accept(an_event(), []), "read-only")
        assert (await store.event(event.id)).id == event.id
    finally:
        server.execute("SET default_transaction_read_only = off", "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
    await until(lambda: store.accept(an_event(), []))


async def test_a_lock_that_others_hold_is_not_waited_for_long(store: Store, own_url: str) -> None:
    other = await asyncpg.connect(own_url)
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(7235419, 1)")
        with pytest.raises(StoreUnavailableError, match="lock timeout"):
            await store.accept(an_event(), [])
    await store.accept(an_event(), [])
    await other.close()


async def test_a_call_that_nobody_waits_for_any_more_fails_quietly(store: Store, own_url: str) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    other = await asyncpg.connect(own_url)
    async with other.transaction():
        await other.execute("LOCK TABLE plugin_storage")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.set_value("plugin", "key", b"1"), 0.05)
        await eventually(lambda: not store._writing)
    await other.close()
    gc.collect()
    assert told == []


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (TimeoutError(), "no answer in time"),
        (ConnectionResetError(), "ConnectionResetError"),
        (asyncpg.InternalClientError("cannot switch to state 11"), "the connection was lost"),
        (asyncpg.PostgresError.new({"C": "53300", "M": "too many", "D": "now"}), "too many; DETAIL:  now; raise the "),
        (asyncpg.PostgresError.new({"C": "25006", "M": "read only"}), "read only; name the primary"),
    ],
)
def test_a_failure_is_told_in_one_line_with_what_to_do(failure: Exception, told: str) -> None:
    assert describe(failure).startswith(told)


async def test_if_no_more_connections_are_let_in_those_that_there_are_are_shared(
    own_url: str, own_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(own_server.url)
    server.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 1", "GRANT ALL ON SCHEMA public TO few")
    schema = own_url.rpartition("=")[2]
    server.execute(f"ALTER SCHEMA {schema} OWNER TO few")
    store = PostgresStore(own_url.replace("postgres@", "few@"), settings=HASTY)
    await store.open()
    try:
        await asyncio.gather(*(store.totals() for _ in range(20)))
        monkeypatch.setattr(connections, "GIVEN_BACK", 0.1)
        began = asyncio.Event()

        async def keep_it(connection: asyncpg.Connection[asyncpg.Record]) -> None:
            began.set()
            await connection.execute("SELECT pg_sleep(1)")

        busy = asyncio.create_task(store._connections.run(keep_it))  # type: ignore[arg-type]
        await began.wait()
        with pytest.raises(StoreUnavailableError, match="max_connections"):
            await store.totals()
        await busy
        await until(store.totals)
    finally:
        await store.close()
        server.execute(
            f"DROP SCHEMA {schema} CASCADE", f"CREATE SCHEMA {schema}", "REVOKE ALL ON SCHEMA public FROM few"
        )
        server.execute("DROP ROLE few")


# The connection is lost while the answer to a commit is on its way.


@pytest.fixture
async def swallower(own_server: LocalServer, tmp_path: Path) -> AsyncIterator[Swallower]:
    async with Swallower.before(own_server.directory / ".s.PGSQL.5432", tmp_path / ".s.PGSQL.5432") as swallower:
        yield swallower


@pytest.fixture
async def doubtful(own_url: str, swallower: Swallower) -> AsyncIterator[Store]:
    """Return a store whose answers may be swallowed."""
    server = urlsplit(own_url).query.partition("host=")[2].partition("&")[0]
    store = PostgresStore(own_url.replace(server, str(swallower.path.parent)), settings=HASTY)
    await store.open()
    yield store
    await store.close()


async def fail(swallower: Swallower, call: Awaitable[object], after: bytes) -> None:
    """Lose the connection once the server has answered what a call said last."""
    with swallower.swallowing(after):
        failing = asyncio.ensure_future(call)
        await swallower.swallowed.wait()
        swallower.cut()
        with pytest.raises(StoreUnavailableError):
            await failing


async def test_a_lease_that_nobody_knows_of_is_given_back(doubtful: Store, store: Store, swallower: Swallower) -> None:
    await accept(doubtful, a_delivery(leased=True))
    event, delivery = an_event(), a_delivery(leased=True)
    await fail(swallower, doubtful.accept(event, [delivery]), event.id.encode())
    assert (await store.delivery(delivery.id)).state is DeliveryState.RUNNING
    told: list[Notice] = []
    await doubtful.watch(told.append)
    await until(lambda: doubtful.heartbeat(60))
    assert Notice(Change.DUE, SITE) in told
    assert await claim(doubtful) == [delivery.id]
    await doubtful.heartbeat(60)
    states = [each.state for each in await all_deliveries(store)]
    assert states == [DeliveryState.RUNNING] * 2


async def test_an_outcome_that_was_written_may_be_written_again(
    doubtful: Store, store: Store, swallower: Swallower
) -> None:
    work = await leased(doubtful)
    await fail(swallower, doubtful.settle(delivered(work)), work.delivery.id.encode())
    assert (await store.delivery(work.delivery.id)).state is DeliveryState.DELIVERED
    await until(lambda: doubtful.settle(delivered(work)))
    assert len(await store.attempts(work.delivery.id)) == 1
    with pytest.raises(StoreError, match="not leased"):
        await doubtful.settle(delivered(work, number=2))


async def test_a_claim_that_nobody_knows_of_is_given_back(doubtful: Store, store: Store, swallower: Swallower) -> None:
    delivery = a_delivery()
    await accept(doubtful, delivery)
    await fail(swallower, claim(doubtful), b"COMMIT")
    assert (await store.delivery(delivery.id)).state is DeliveryState.RUNNING
    await until(lambda: doubtful.heartbeat(60))
    assert await claim(doubtful) == [delivery.id]


async def test_what_was_not_committed_is_not_there(store: Store, own_server: LocalServer) -> None:
    event = an_event()
    own_server.stop("immediate")
    try:
        with pytest.raises(StoreUnavailableError):
            await store.accept(event, [])
    finally:
        own_server.start()
    await until(store.totals)
    with pytest.raises(NotFoundError):
        await store.event(event.id)
