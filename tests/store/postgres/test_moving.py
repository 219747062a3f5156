"""A store that moves from a file into a database: all of it, once, however often that is interrupted."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from store_data import die
from stores import NOW, SEARCH, SITE, a_delivery, accept, all_deliveries, an_event, claim, delivered, died, failed, ids
from stores import leased as accept_leased
from typer.testing import CliRunner, Result

from cockpit_gateway import DeliveryState, Event
from cockpit_gateway.cli.app import app
from cockpit_gateway.deliveries import Hold, Response, lane_key
from cockpit_gateway.errors import StoreError, StoreOwnedError, StoreUnavailableError
from cockpit_gateway.store import moving, open_store
from cockpit_gateway.store.activity import MINUTE, Activity, Happening, Period, SourceCell, TargetCell
from cockpit_gateway.store.answers import Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.moving import Moved
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres.arriving import COLUMNS, TABLES_HERE, Target
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.records import MOST_CRASHES, Duplicate, EventFilter
from cockpit_gateway.store.sqlite import file, leaving
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.tables import TABLES
from cockpit_gateway.targets import Coalesce

Look = Callable[..., Awaitable[list[tuple[Any, ...]]]]

ODD = "a\0b \ufdd0 \ufdd00 \ufdd01 \U0010ffff é"
"""A text as it may come from outside: PostgreSQL cannot hold all of it as it is."""

KEY = AnswerKey(ODD, "k")
AT = round(NOW) // 3600 * 3600
OF_PROCESSES = {"owners", "homes", "gone_nodes", "schema_versions", "sqlite_sequence"}
"""Tables that are not moved: what they say is not true of the database."""

DYING = """
import os, signal, sys
from cockpit_gateway.cli import main
from cockpit_gateway.store.postgres import move_mark
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.sqlite import file, leaving

steps, leaving.MOST_ROWS = int(sys.argv.pop(1)), 7
transact, advance = Connections.transact, move_mark.advance

def step():
    global steps
    steps -= 1
    if not steps:
        os.kill(os.getpid(), signal.SIGKILL)

async def transact_or_die(self, act):
    done = await transact(self, act)
    step()
    return done

async def advance_or_die(connection, move):
    await advance(connection, move)
    step()

Connections.transact, move_mark.advance = transact_or_die, advance_or_die
main()
"""
"""The command, in batches of a few rows; it is killed at a step, within a transaction or after its end."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.db"


@pytest.fixture
async def source(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


async def move(path: Path, url: str) -> Moved:
    return await moving.move(path, url, lambda *_: lambda _: None)


def command(path: Path, url: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["store", "migrate", "--from", f"sqlite:{path}", "--to", url, *options])


def killed_at(step: int, path: Path, url: str) -> int:
    """Run the command in a process that is killed at a step, if it comes so far; return how it ended."""
    arguments = [sys.executable, "-c", DYING, str(step), "store", "migrate", "--from", f"sqlite:{path}", "--to", url]
    return subprocess.run(arguments, capture_output=True, check=False).returncode


async def opened(url: str) -> Store:
    store = open_store(url)
    await store.open()
    return store


async def fill(store: SqliteStore) -> None:
    """Have everything happen that leaves a trace in a store."""
    await store.set_targets({SITE: "one", SEARCH: "two"})
    await store.set_held(SEARCH, Hold.PAUSED, reason=ODD, now=NOW)
    await store.note_failing(SITE, 12.5)
    odd = an_event(name=ODD, label=ODD, hook=ODD, subjects=(ODD, "x"), problem=ODD, via=("here",), body=b"\0\xff")
    await store.accept(odd, [a_delivery(SITE, ODD), a_delivery(SEARCH)], Duplicate("digest", NOW + 60))
    response = Response(201, (("x-odd", ODD),), b"\0body", truncated=True)
    await store.settle(delivered(await accept_leased(store), response=response))
    await store.settle(failed(await accept_leased(store)))
    await store.settle(died(await accept_leased(store, SEARCH)))
    rule = Coalesce(wait=60, max_wait=600, keep="list")
    for _ in range(3):
        await store.accept(an_event(), [a_delivery(SITE, "burst", coalesce=rule)])
    await store.put_endpoint("made-here", b"\0sealed", expected=None, now=NOW)
    await store.set_value("plugin", ODD, b"\0value")
    await store.begin_answer(KEY, b"\1", now=NOW)
    await store.keep_answer(KEY, Answer(200, b"\2sealed"))
    counts = Activity({SourceCell(AT, "website", "stored"): 3}, {TargetCell(SITE, AT, Happening.DELIVERED, 7): 4})
    await store.add_activity(counts, now=AT)
    for _ in range(40):
        await accept(store, a_delivery(SITE, "key"))


async def content(store: Store) -> dict[str, object]:
    """Return all that the port tells of what is stored, but for the moments of this test."""
    events: list[Event] = [*await store.events(EventFilter(limit=1000))]
    deliveries = await all_deliveries(store)
    return {
        "events": [(event, event.body) for event in events],
        "deliveries": deliveries,
        "attempts": [await store.attempts(delivery.id) for delivery in deliveries],
        "batches": [await store.batch(delivery.id) for delivery in deliveries],
        "targets": await store.target_states(),
        "endpoints": await store.endpoints(),
        "value": await store.get_value("plugin", ODD),
        "answer": await store.begin_answer(KEY, b"", now=NOW),
        "sources": await store.source_activity(Period(AT, AT + 3600, MINUTE)),
        "activity": await store.target_activity(Period(AT, AT + 3600, MINUTE)),
        "dead": await store.dead_letters(),
        "backlog": await store.backlog(),
    }


async def test_everything_moves(source: SqliteStore, path: Path, postgres_url: str) -> None:
    await fill(source)
    there = await content(source)
    repeated = Duplicate("digest", NOW + 90)
    await source.close()
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


async def test_what_comes_then_comes_after(source: SqliteStore, path: Path, postgres_url: str) -> None:
    events = [await accept(source, a_delivery()) for _ in range(5)]
    await source.close()
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
    source: SqliteStore, path: Path, postgres_url: str
) -> None:
    long = token_urlsafe(9000)
    await source.accept(an_event(name=long), [a_delivery(SITE, long), a_delivery(SEARCH)])
    await source.close()
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


async def test_an_empty_store_moves(source: SqliteStore, path: Path, postgres_url: str) -> None:
    await source.close()
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
    source: SqliteStore, path: Path, postgres_url: str, look: Look, postgres_store: PostgresStore
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


async def test_killed_again_and_again_it_comes_to_its_end(
    source: SqliteStore, path: Path, postgres_url: str, look: Look
) -> None:
    await fill(source)
    there = await content(source)
    await source.close()
    steps = itertools.count(3, 5)
    ends = [-signal.SIGKILL]
    while ends[-1] == -signal.SIGKILL:
        ends.append(await asyncio.to_thread(killed_at, next(steps), path, postgres_url))
        if ends[-1]:
            with pytest.raises(StoreError, match="store migrate --from sqlite:"):
                await open_store(postgres_url).open()
    assert ends[-1] == 0
    assert len(ends) > 5
    store = await opened(postgres_url)
    assert await content(store) == there
    assert await look("SELECT to_regclass('unfinished_move')") == [(None,)]
    await store.close()


class _InterruptedError(Exception):
    pass


@pytest.fixture
async def interrupted(source: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all copied, and stopped before it is checked."""
    await fill(source)
    await source.close()

    async def stop(*_: object) -> None:
        raise _InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(Target, "digest", stop)
        with pytest.raises(_InterruptedError):
            await move(path, postgres_url)


async def test_a_difference_is_found(interrupted: None, path: Path, postgres_url: str, look: Look) -> None:
    await look("UPDATE bodies SET body = '\\x00' WHERE seq = 5")
    await look("DELETE FROM attempts")
    result = await asyncio.to_thread(command, path, postgres_url, "--json")
    assert result.exit_code == 1
    assert "bodies, attempts" in str(result.exception)
    document = json.loads(result.stdout)
    differing = {name: found for name, found in document["tables"].items() if not found["same"]}
    assert (document["finished"], document["resumed"]) == (False, True)
    assert differing == {
        "bodies": {"source": 47, "target": 47, "same": False},
        "attempts": {"source": 3, "target": 0, "same": False},
    }
    with pytest.raises(StoreError, match="unfinished"):
        await open_store(postgres_url).open()


async def test_a_store_that_was_used_meanwhile_does_not_go_on(
    interrupted: None, path: Path, postgres_url: str, look: Look
) -> None:
    again = SqliteStore(path)
    await again.open()
    await again.close()
    with pytest.raises(StoreError, match="before a gateway ran on it again"):
        await move(path, postgres_url)
    assert await look("SELECT count(*) FROM events") == [(47,)]


async def test_another_store_does_not_mix_with_it(interrupted: None, tmp_path: Path, postgres_url: str) -> None:
    other = SqliteStore(tmp_path / "other.db")
    await other.open()
    await other.close()
    with pytest.raises(StoreError, match=r"an unfinished move of sqlite:.*gateway\.db"):
        await move(tmp_path / "other.db", postgres_url)


async def test_a_store_in_use_is_refused(source: SqliteStore, path: Path, postgres_url: str, look: Look) -> None:
    with pytest.raises(StoreOwnedError, match="stop it"):
        await move(path, postgres_url)
    assert await look(TABLES_HERE) == []


async def test_a_gateway_does_not_start_meanwhile(
    source: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accept(source, a_delivery())
    await source.close()
    tried: list[type] = []

    async def try_both(*_: object) -> None:
        for store in (SqliteStore(path), open_store(postgres_url)):
            with pytest.raises(StoreError) as refused:
                await store.open()
            tried.append(refused.type)
        raise _InterruptedError

    monkeypatch.setattr(Target, "write", try_both)
    with pytest.raises(_InterruptedError):
        await move(path, postgres_url)
    assert tried == [StoreOwnedError, StoreError]


async def test_a_database_with_a_store_is_refused(
    source: SqliteStore, path: Path, postgres_url: str, postgres_store: PostgresStore, look: Look
) -> None:
    await source.close()
    with pytest.raises(StoreError, match="a store already"):
        await move(path, postgres_url)
    assert await look("SELECT to_regclass('unfinished_move')") == [(None,)]


async def test_a_database_of_another_program_is_left_alone(
    source: SqliteStore, path: Path, postgres_url: str, look: Look
) -> None:
    await source.close()
    await look("CREATE TABLE orders (number int)")
    with pytest.raises(StoreError, match="orders"):
        await move(path, postgres_url)
    assert await look(TABLES_HERE) == [("orders",)]


async def test_a_connection_that_is_lost_is_told_with_what_to_do(
    source: SqliteStore, path: Path, postgres_url: str, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(source)
    await source.close()
    write = Target.write

    async def cut(self: Target, *given: Any) -> Any:
        if given[1].name == "events":
            await self._connections.run(lambda it: it.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
        return await write(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Target, "write", cut)
        with pytest.raises(StoreUnavailableError, match="run the command again"):
            await move(path, postgres_url)
    assert (await move(path, postgres_url)).resumed


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, postgres_url: str) -> None:
    result = command(tmp_path / "misspelt.db", postgres_url)
    assert (result.exit_code, str(result.exception)) == (1, f"there is no store at {tmp_path}/misspelt.db")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("found", [b"", b"no database at all, but long enough for its header" * 10])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, postgres_url: str, found: bytes) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(found)
    assert command(other, postgres_url).exit_code == 1
    assert other.read_bytes() == found


async def test_a_store_of_a_newer_program_is_refused(source: SqliteStore, path: Path, postgres_url: str) -> None:
    await source.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="upgrade the program"):
        await move(path, postgres_url)


async def test_a_database_that_does_not_answer_leaves_the_file_as_it_is(source: SqliteStore, path: Path) -> None:
    await source.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError) as refused:
        await move(path, "postgresql://gateway:swordfish@127.0.0.1:1/gateway")
    assert "swordfish" not in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("postgresql://a:tiger@db/x", "postgresql://b:tiger@db/x", "--from: name a SQLite file"),
        ("sqlite:a.db", "sqlite:b.db", "--to: name a PostgreSQL database"),
        ("a.db", "postgresql://db/x", "--from: write sqlite:"),
        ("sqlite:a.db", "postgresql://b:tiger℀@db/x", "--to: this is no URL"),
    ],
)
def test_wrong_urls_are_mistakes_of_usage(old: str, new: str, told: str) -> None:
    result = CliRunner().invoke(app, ["store", "migrate", "--from", old, "--to", new])
    assert result.exit_code == 2
    shown = " ".join(result.output.replace("│", " ").split())
    assert told in shown
    assert "tiger" not in shown


async def test_in_the_end_it_says_what_to_do(source: SqliteStore, path: Path, postgres_url: str) -> None:
    await source.put_endpoint("made-here", b"sealed", expected=None, now=NOW)
    await source.close()
    path.with_name("gateway.key").write_text("a key")
    separator = "&" if "?" in postgres_url else "?"
    result = await asyncio.to_thread(command, path, f"{postgres_url}{separator}password=swordfish")
    assert result.exit_code == 0
    assert "store: postgresql://" in result.stdout
    assert "password=***" in result.stdout
    assert "swordfish" not in result.output
    assert "copy it to data/gateway.key" in result.stdout


async def test_large_bodies_go_a_few_at_a_time(
    source: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await source.accept(an_event(body=b"x" * 1000), [])
    await source.close()
    monkeypatch.setattr(leaving, "MOST_BYTES", 2000)
    sizes: list[int] = []

    def show(doing: str, table: str, *_: int) -> Callable[[int], None]:
        return sizes.append if (doing, table) == ("copy", "bodies") else lambda _: None

    await moving.move(path, postgres_url, show)
    assert sizes == [2, 2, 2]
