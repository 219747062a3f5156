"""A move that is interrupted, however often, or refused: what is left of it, and what is said."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from store_data import Look
from store_moves import command, content, fill, killed_at, move, opened
from stores import a_delivery, accept
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cockpit_gateway.cli.app import app
from cockpit_gateway.errors import StoreError, StoreOwnedError, StoreUnavailableError
from cockpit_gateway.store import open_store
from cockpit_gateway.store.postgres.arriving import TABLES_HERE, Target
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.sqlite.engine import SqliteStore


async def test_killed_again_and_again_it_comes_to_its_end(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, look: Look
) -> None:
    await fill(sqlite_store)
    there = await content(sqlite_store)
    await sqlite_store.close()
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
async def interrupted(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have all copied, and stopped before it is checked."""
    await fill(sqlite_store)
    await sqlite_store.close()

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


async def test_a_gateway_that_starts_on_the_file_that_has_moved_is_told(
    sqlite_store: SqliteStore, path: Path, postgres_url: str
) -> None:
    await sqlite_store.close()
    await move(path, postgres_url)
    with capture_logs() as logs:
        for _ in range(2):
            store = SqliteStore(path)
            await store.open()
            await store.close()
    assert [(line["log_level"], line["store"]) for line in logs] == [("warning", str(path))]


async def test_another_store_does_not_mix_with_it(interrupted: None, tmp_path: Path, postgres_url: str) -> None:
    other = SqliteStore(tmp_path / "other.db")
    await other.open()
    await other.close()
    with pytest.raises(StoreError, match=r"an unfinished move of sqlite:.*gateway\.db"):
        await move(tmp_path / "other.db", postgres_url)


async def test_a_store_in_use_is_refused(sqlite_store: SqliteStore, path: Path, postgres_url: str, look: Look) -> None:
    with pytest.raises(StoreOwnedError, match="stop it"):
        await move(path, postgres_url)
    assert await look(TABLES_HERE) == []


async def test_a_gateway_does_not_start_meanwhile(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accept(sqlite_store, a_delivery())
    await sqlite_store.close()
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
    sqlite_store: SqliteStore, path: Path, postgres_url: str, postgres_store: PostgresStore, look: Look
) -> None:
    await sqlite_store.close()
    with pytest.raises(StoreError, match="a store already"):
        await move(path, postgres_url)
    assert await look("SELECT to_regclass('unfinished_move')") == [(None,)]


async def test_a_database_of_another_program_is_left_alone(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, look: Look
) -> None:
    await sqlite_store.close()
    await look("CREATE TABLE orders (number int)")
    with pytest.raises(StoreError, match="orders"):
        await move(path, postgres_url)
    assert await look(TABLES_HERE) == [("orders",)]


async def test_a_connection_that_is_lost_is_told_with_what_to_do(
    sqlite_store: SqliteStore, path: Path, postgres_url: str, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(sqlite_store)
    await sqlite_store.close()
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


async def test_a_store_of_a_newer_program_is_refused(sqlite_store: SqliteStore, path: Path, postgres_url: str) -> None:
    await sqlite_store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="upgrade the program"):
        await move(path, postgres_url)


async def test_a_database_that_does_not_answer_leaves_the_file_as_it_is(sqlite_store: SqliteStore, path: Path) -> None:
    await sqlite_store.close()
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
