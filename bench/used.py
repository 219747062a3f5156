"""A store that has been in use for a month: many names, sources and subjects, what waits and what is dead."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uuid_utils

from bench.fill import INSERT_ATTEMPT, SLICE, body, make

MONTH = 29 * 86400.0
NAMES = (
    "collections.save.after",
    "collections.save.after.posts",
    "collections.remove.after",
    "singleton.saveData.after",
)
RARE_NAME, RARE_SOURCE, RARE_SUBJECT = "cockpit.assets.remove", "old-shop", "collections/authors/a1"
"""Of a few of the oldest events: a list of these has to be looked for through everything."""

SUBJECTS = 50_000
TARGETS = ("search", "build", "later", "broken")


@dataclass(frozen=True)
class Month:
    """How much is in the store.

    Attributes:
        events: So many, each with one or two deliveries.
        pending: Deliveries that wait, to "later".
        dead: Dead letters, of "broken".
    """

    events: int = 1_000_000
    pending: int = 100_000
    dead: int = 50_000


def use(path: Path, month: Month) -> None:
    """Write a store that has been in use for a month.

    Args:
        path: The file.
        month: How much is in it.
    """
    asyncio.run(make(path))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    rows = enumerate(TARGETS, start=1)
    connection.executemany("INSERT INTO targets (number, plugin, target) VALUES (?, 'webhook', ?)", rows)
    now = time.time()
    for first in range(1, month.events + 1, SLICE):
        seqs = range(first, min(first + SLICE, month.events + 1))
        connection.execute("BEGIN")
        connection.executemany(INSERT_EVENT, (_event(seq, month, now) for seq in seqs))
        connection.executemany("INSERT INTO bodies VALUES (?, ?)", ((seq, body(seq)) for seq in seqs))
        connection.executemany(INSERT_DELIVERY, (row for seq in seqs for row in _deliveries(seq, month, now)))
        ended = "SELECT number, ended_at FROM deliveries WHERE seq BETWEEN ? AND ? AND ended_at IS NOT NULL"
        connection.executemany(INSERT_ATTEMPT, connection.execute(ended, (seqs[0], seqs[-1])).fetchall())
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


INSERT_EVENT = """
INSERT INTO events (seq, id, name, source, hook, backend, subjects, status, received_at)
VALUES (?, ?, ?, ?, 'all', 1, ?, ?, ?)
"""
INSERT_DELIVERY = """
INSERT INTO deliveries (id, seq, target, key, state, attempts, due_at, created_at, ended_at, fresh_at, size, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _event(seq: int, month: Month, now: float) -> tuple[object, ...]:
    rare = seq <= month.events // 100 and seq % 50 == 0
    name = RARE_NAME if rare else NAMES[seq % len(NAMES)]
    source = RARE_SOURCE if rare else ("website", "shop")[seq % 10 == 0]
    subject = RARE_SUBJECT if rare else f"collections/posts/{seq * 7919 % SUBJECTS:024d}"
    status = "withheld" if seq % 1000 == 0 else "accepted"
    return seq, str(uuid_utils.uuid7()), name, source, f'["{subject}"]', status, _received_at(seq, month, now)


def _received_at(seq: int, month: Month, now: float) -> float:
    return now - MONTH * (1 - seq / month.events)


def _deliveries(seq: int, month: Month, now: float) -> Iterator[tuple[object, ...]]:
    at = _received_at(seq, month, now)
    yield _delivery(seq, 1, "delivered", at)
    if seq > month.events - month.pending:
        yield _delivery(seq, 3, "pending", at, due_at=now + 3600)
    elif seq % max(1, (month.events - month.pending) // month.dead) == 0:
        yield _delivery(seq, 4, "dead", at)
    elif seq % 4 == 0:
        yield _delivery(seq, 2, "superseded" if seq % 8 else "delivered", at)


def _delivery(seq: int, target: int, state: str, at: float, due_at: float | None = None) -> tuple[object, ...]:
    ended_at, reason = (None, None) if due_at else (at + 0.1, "HTTP 500" if state == "dead" else None)
    key = f"collections/posts/{seq * 7919 % SUBJECTS:024d}"
    size = len(body(seq))
    return str(uuid_utils.uuid7()), seq, target, key, state, 1, due_at or at, at, ended_at, at, size, reason
