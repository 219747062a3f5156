"""A store that has been in use: filled in bulk, by the store's own schema."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import uuid_utils

from bench.load import BODY
from cockpit_gateway.store import open_store

SLICE = 50_000


def fill(path: Path, *, kept: int, pending: int, target: str, due_in: float, padding: int = 0) -> None:
    """Write a store with events that were delivered, and events that wait.

    Args:
        path: The file.
        kept: Events with one delivered delivery each.
        pending: Further events, each with one pending delivery.
        target: The endpoint that all are for.
        due_in: Seconds from now until what is pending is due.
        padding: Bytes to add to each body.
    """
    asyncio.run(make(path))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("INSERT INTO targets (plugin, target) VALUES ('webhook', ?)", (target,))
    (number,) = connection.execute("SELECT number FROM targets WHERE target = ?", (target,)).fetchone()
    now = time.time()
    for first in range(0, kept + pending, SLICE):
        connection.execute("BEGIN")
        seqs = range(first + 1, min(first + SLICE, kept + pending) + 1)
        connection.executemany(INSERT_EVENT, _events(seqs, now))
        connection.executemany("INSERT INTO bodies VALUES (?, ?)", ((seq, body(seq, padding)) for seq in seqs))
        connection.executemany(INSERT_DELIVERY, _deliveries(seqs, kept, number, now, due_in, padding))
        done = (seq for seq in seqs if seq <= kept)
        connection.executemany(INSERT_ATTEMPT, ((seq, now) for seq in done))
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


INSERT_EVENT = """
INSERT INTO events (seq, id, name, source, hook, backend, subjects, status, received_at)
VALUES (?, ?, 'collections.save.after', 'website', 'all', 1, ?, 'accepted', ?)
"""
INSERT_DELIVERY = """
INSERT INTO deliveries (number, id, seq, target, state, attempts, due_at, created_at, ended_at, fresh_at, size)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_ATTEMPT = """
INSERT INTO attempts (delivery, number, started_at, duration, outcome, status, headers, body, truncated)
VALUES (?, 1, ?, 0.001, 'delivered', 200, '[]', x'', 0)
"""


async def make(path: Path) -> None:
    """Make an empty store."""
    store = open_store(f"sqlite:{path}")
    await store.open()
    await store.close()


def body(seq: int, padding: int = 0) -> bytes:
    """Return an event's body."""
    return (BODY % seq)[:-1] + b',"padding":"%b"}' % (b"x" * padding)


def _events(seqs: range, now: float) -> Iterator[tuple[object, ...]]:
    return ((seq, str(uuid_utils.uuid7()), f'["collections/posts/{seq:024d}"]', now) for seq in seqs)


def _deliveries(
    seqs: range, kept: int, target: int, now: float, due_in: float, padding: int
) -> Iterator[tuple[object, ...]]:
    size = len(body(1, padding))
    for seq in seqs:
        state, attempts, ended_at = ("delivered", 1, now) if seq <= kept else ("pending", 0, None)
        due_at = now + due_in
        yield seq, str(uuid_utils.uuid7()), seq, target, state, attempts, due_at, now, ended_at, now, size
