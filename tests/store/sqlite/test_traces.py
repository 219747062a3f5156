"""What is deleted leaves no room taken, and no trace in the files."""

from __future__ import annotations

from pathlib import Path

from stores import NOW, accept, an_event

from cockpit_gateway.store.records import EventFilter, Retention
from cockpit_gateway.store.sqlite.engine import SqliteStore

MONTH = Retention(age=30 * 86400.0, rows=None, size=2**40)
LATER = NOW + 31 * 86400.0


async def shorten(store: SqliteStore) -> int:
    """Give back what is free; return in how many steps."""
    steps = 1
    while await store.shorten():
        steps += 1
    return steps


async def test_what_is_free_is_given_back_to_the_disk(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    for number in range(150):
        await sqlite_store.accept(an_event(NOW + number, body=b"x" * 40_000), [])
    await sqlite_store.forget()
    before = size_of(tmp_path)
    pruned = await sqlite_store.prune(MONTH, now=LATER + 150, after=0, step=1000)
    assert pruned.events == 150
    assert await shorten(sqlite_store) <= 20
    await sqlite_store.forget()
    assert size_of(tmp_path) < before / 10


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def test_nothing_of_what_was_purged_is_left(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    for _ in range(50):
        await accept(sqlite_store)
    await sqlite_store.accept(an_event(subjects=("collections/people/ada",), body=b"needle " * 5000), [])
    assert b"needle" in everything_in(tmp_path)
    step = await sqlite_store.purge(EventFilter(subject="collections/people/ada"))
    assert (step.changed, step.following) == (1, None)
    await shorten(sqlite_store)
    assert await sqlite_store.forget()
    assert b"needle" not in everything_in(tmp_path)
    assert b"collections/posts/1" in everything_in(tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
