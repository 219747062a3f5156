"""What only the SQLite engine has to get right: its file, its thread, its death."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import NOW, TARGET, event, planned, settled

from cockpit_gateway.errors import StoreError, StoreOwnedError, StoreUnavailableError
from cockpit_gateway.store.port import EventFilter
from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.claiming import Head, ancestors, unblocked
from cockpit_gateway.store.sqlite.engine import SqliteStore

CRASHING = """
import asyncio, sys
from pathlib import Path
from stores import event, planned
from cockpit_gateway.store.sqlite.engine import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    while True:
        for accepted in await asyncio.gather(*(store.accept(event(), [planned(leased=True)]) for _ in range(20))):
            store.mark_begun(accepted.work[0].delivery)
            print(accepted.event_id, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "gateway.db"


@pytest.fixture
async def store(path: Path) -> AsyncGenerator[SqliteStore]:
    opened = SqliteStore(path)
    await opened.open()
    yield opened
    await opened.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_nobody_else_can_read_the_files(store: SqliteStore, path: Path) -> None:
    await store.accept(event(), [])
    assert mode(path.parent) == 0o700
    for suffix in ("", "-wal", "-shm", ".lock"):
        assert mode(path.with_name(path.name + suffix)) == 0o600


async def test_a_second_owner_is_told_who_has_the_file(store: SqliteStore, path: Path) -> None:
    with pytest.raises(StoreOwnedError, match=rf"pid {os.getpid()}\) owns the store .*{path.name};"):
        await SqliteStore(path).open()


async def test_the_file_is_free_again_after_a_failed_open(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever it is called" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be used as a store: file is not a database"):
            await SqliteStore(path).open()


def prepared(path: Path, *statements: str) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def test_a_foreign_database_is_refused(path: Path) -> None:
    prepared(path, "CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match="a database of another program"):
        await SqliteStore(path).open()


async def test_a_database_of_a_newer_program_is_refused(path: Path) -> None:
    prepared(
        path,
        "CREATE TABLE events (seq INTEGER)",
        f"PRAGMA application_id = {file.APPLICATION_ID}",
        "PRAGMA user_version = 999",
    )
    with pytest.raises(StoreError, match=r"newer cockpit-gateway \(schema 999"):
        await SqliteStore(path).open()


async def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be opened as a store: (Not a directory|File exists)"):
        await SqliteStore(tmp_path / "file" / "gateway.db").open()


async def test_what_was_acknowledged_survives_a_kill_at_any_moment(path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CRASHING), str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]
    store = SqliteStore(path)
    await store.open()
    stored = {found.id for found in await store.events(EventFilter(limit=100_000))}
    assert len(acknowledged) >= 150
    assert stored.issuperset(acknowledged)
    backlog = await store.backlog()
    assert backlog[TARGET].pending == len(stored)
    await store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        begun = connection.execute("SELECT count(*) FROM deliveries WHERE begun_at IS NOT NULL").fetchone()[0]
        assert begun > 0
    connection.close()


async def test_what_gathers_is_committed_together(store: SqliteStore, path: Path) -> None:
    statements: list[str] = []
    assert store._connection is not None
    store._connection.set_trace_callback(statements.append)
    accepted = await asyncio.gather(*(store.accept(event(), [planned(leased=True)]) for _ in range(200)))
    await asyncio.gather(*(store.settle(settled(result.work[0].delivery)) for result in accepted))
    assert statements.count("COMMIT") == 2
    assert len([statement for statement in statements if statement.startswith("INSERT")]) < 60


async def test_one_bad_job_harms_only_itself(store: SqliteStore) -> None:
    good, twice = event(), event()
    results = await asyncio.gather(
        store.accept(good, []), store.accept(twice, []), store.accept(twice, []), return_exceptions=True
    )
    assert [isinstance(result, StoreError) for result in results] == [False, False, True]
    assert {found.id for found in await store.events(EventFilter())} == {good.id, twice.id}
    assert (await store.accept(event(), [])).event_id


async def test_a_full_disk_is_survived(store: SqliteStore) -> None:
    assert store._connection is not None
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    kept: list[str] = []

    async def fill() -> None:
        while True:
            accepted = await store.accept(event(body=bytes(4096)), [])
            kept.append(accepted.event_id)

    with pytest.raises(StoreUnavailableError, match="full"):
        await fill()
    store._connection.execute("PRAGMA max_page_count = 1000000")
    kept.append((await store.accept(event(), [])).event_id)
    found = await store.events(EventFilter(limit=1000))
    assert [item.id for item in reversed(found)] == kept
    assert [item.seq for item in reversed(found)] == list(range(1, len(kept) + 1))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT id FROM deliveries WHERE target = 1 AND state = 'pending' AND due_at <= 1 ORDER BY due_at, seq",
            "due",
        ),
        ("UPDATE deliveries SET state = 'pending' WHERE state = 'running' AND owner = 'x'", "leased"),
        (
            "SELECT id FROM deliveries WHERE target = 1 AND key = 'a' AND state = 'pending' ORDER BY seq",
            "in_lanes|due",
        ),
        ("SELECT id FROM deliveries WHERE seq = 1", "by_event"),
    ],
)
async def test_hot_statements_use_an_index(store: SqliteStore, statement: str, index: str) -> None:
    assert store._connection is not None
    plan = " ".join(row[3] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert any(f"deliveries_{name}" in plan for name in index.split("|")), plan


KEYS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map("/".join)


@given(st.lists(KEYS, unique=True, max_size=8))
def test_free_heads_are_those_with_nothing_older_above_or_below(keys: list[str]) -> None:
    heads = [Head(seq, key, str(seq), "pending", NOW) for seq, key in enumerate(keys)]

    def related(one: str, other: str) -> bool:
        return one == other or one in ancestors(other) or other in ancestors(one)

    expected = [
        head for head in heads if not any(older.seq < head.seq and related(older.key, head.key) for older in heads)
    ]
    assert unblocked(reversed(heads)) == expected
