"""The file: made for its owner alone, owned by one process, and refused if it is not ours or damaged."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stores import an_event, leased

from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.store import open_store
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.engine import SqliteStore

SECOND = """
import asyncio, os, sys
from pathlib import Path
from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.sqlite.engine import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    if "unprivileged" in sys.argv and os.geteuid() == 0:
        os.setuid(65534)
    try:
        await store.open()
    except StoreError as error:
        print(type(error).__name__, error)
    else:
        print("open", flush=True)
        sys.stdin.read()
        await store.close()

asyncio.run(main())
"""


@contextmanager
def another_process(path: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Open the store in another process; yield it and the first line that it says."""
    command = [sys.executable, "-c", SECOND, str(path), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline()
        process.communicate("")


def refusal(path: Path) -> str:
    """Return why a store cannot be opened."""
    with pytest.raises(StoreError) as caught:
        asyncio.run(SqliteStore(path).open())
    assert str(path) in str(caught.value)
    return str(caught.value)


def make_store(path: Path) -> None:
    async def make() -> None:
        store = SqliteStore(path)
        await store.open()
        await store.close()

    asyncio.run(make())


def change(path: Path, statement: str) -> None:
    """Run a statement on a database as another program would."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    return {found.name: mode(found) for found in folder.iterdir()}


async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data" / "gateway.db"
    store = SqliteStore(path)
    await store.open()
    await store.accept(an_event(), [])
    assert mode(path.parent) == 0o700
    names = ("gateway.db", "gateway.db-wal", "gateway.db-shm", "gateway.db.lock")
    assert modes(path.parent) == dict.fromkeys(names, 0o600)
    await store.close()


def test_a_file_that_others_could_read_is_made_private(path: Path) -> None:
    make_store(path)
    path.chmod(0o644)
    make_store(path)
    assert mode(path) == 0o600


async def test_its_settings(sqlite_store: SqliteStore) -> None:
    connection = sqlite_store._connection
    assert connection is not None
    names = ("journal_mode", "synchronous", "auto_vacuum", "foreign_keys", "application_id", "user_version")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert found == ["wal", 2, 2, 1, file.APPLICATION_ID, max(file._migrations())]


def test_migrations_have_no_gap_and_no_number_twice() -> None:
    folder = Path(file.__file__).parent / "migrations"
    numbers = sorted(int(path.name[:4]) for path in folder.glob("*.sql"))
    assert numbers == list(range(1, len(numbers) + 1))


async def test_closing_leaves_one_file_with_everything_in_it(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    event = an_event()
    await store.accept(event, [])
    await store.close()
    await store.close()
    assert set(modes(path.parent)) == {"gateway.db", "gateway.db.lock"}
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    assert connection.execute("SELECT id FROM events").fetchall() == [(event.id,)]
    connection.close()


async def test_a_closed_store_takes_nothing(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    work = await leased(store)
    await store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.accept(an_event(), [])
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.events(EventFilter())
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.mark_begun(work.delivery)


async def test_what_was_handed_in_before_closing_is_written(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    events = [an_event() for _ in range(200)]
    writing = asyncio.gather(*(store.accept(event, []) for event in events))
    await asyncio.sleep(0)
    await store.close()
    assert len(await writing) == len(events)
    await store.open()
    assert len(await store.events(EventFilter(limit=1000))) == len(events)
    await store.close()


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(StoreError, match="'mysql'"):
        open_store("mysql:gateway")
    with pytest.raises(StoreError, match="sqlite:<path>"):
        open_store("sqlite:")


async def test_a_second_process_is_told_who_owns_it(sqlite_store: SqliteStore, path: Path) -> None:
    with another_process(path) as (_, said):
        assert said.startswith("StoreOwnedError ")
        assert f"pid {os.getpid()}" in said
        assert str(path) in said
    assert (await sqlite_store.accept(an_event(), [])).event_id


def test_the_process_that_owns_it_is_named(path: Path) -> None:
    with another_process(path) as (owner, said):
        assert said == "open\n"
        assert f"pid {owner.pid})" in refusal(path)
    make_store(path)


def test_a_process_that_died_owns_nothing(path: Path) -> None:
    with another_process(path) as (owner, said):
        assert said == "open\n"
        owner.kill()
        owner.wait()
        make_store(path)


def test_after_a_refusal_nothing_is_held(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    refusal(path)
    path.unlink()
    make_store(path)


def test_what_is_no_database_is_refused(path: Path) -> None:
    text = b"# a text file\n" * 1000
    path.write_bytes(text)
    assert "not a database" in refusal(path)
    assert path.read_bytes() == text


def test_a_damaged_database_is_refused(path: Path) -> None:
    make_store(path)
    with path.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xa5" * 4000)
    message = refusal(path)
    assert "malformed" in message
    assert "store restore" in message


def test_a_store_cut_short_is_refused(path: Path) -> None:
    make_store(path)
    with path.open("r+b") as opened:
        opened.truncate(path.stat().st_size - 4096)
    assert "damaged or cut short" in refusal(path)


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE notes (text)", "PRAGMA application_id = 1196444487", "PRAGMA user_version = 3"]
)
def test_another_program_s_database_is_refused_and_left_as_it_was(path: Path, statement: str) -> None:
    change(path, statement)
    path.chmod(0o644)
    before = path.read_bytes()
    assert "another program" in refusal(path)
    assert (path.read_bytes(), mode(path)) == (before, 0o644)


def test_a_newer_program_s_store_is_refused_and_left_as_it_was(path: Path) -> None:
    make_store(path)
    change(path, "PRAGMA user_version = 9999")
    before = path.read_bytes()
    message = refusal(path)
    assert "newer" in message
    assert "9999" in message
    assert path.read_bytes() == before


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert f"File exists: {tmp_path}/file" in refusal(tmp_path / "file" / "gateway.db")
    (tmp_path / "folder").mkdir()
    assert "Is a directory" in refusal(tmp_path / "folder")


def test_a_directory_that_may_not_be_written_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gateway.db"
        path.parent.chmod(0o555)
        with another_process(path, "unprivileged") as (_, said):
            assert said == f"StoreError {path} cannot be used as a store: Permission denied: {path}.lock\n"
        path.parent.chmod(0o700)
