"""The mark of a backup: what it had left to deliver is not delivered by whoever opens it.

It is a table of its own, which no migration knows, so that a backup can be marked whatever its schema is.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime

IS_MARKED = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'backup'"
MARK = "CREATE TABLE IF NOT EXISTS backup (taken_at REAL NOT NULL) STRICT"
NOTE_TIME = "INSERT INTO backup (taken_at) VALUES (?)"
TAKEN_AT = "SELECT max(taken_at) FROM backup"
UNMARK = "DROP TABLE IF EXISTS backup"
CANCEL_UNFINISHED = """
UPDATE deliveries SET state = 'cancelled', ended_at = ?, reason = ?, owner = NULL, begun_at = NULL
WHERE state IN ('pending', 'running')
"""


def taken_at(connection: sqlite3.Connection) -> float | None:
    """Return when a backup was made, seconds since the Unix epoch; None if the store is none."""
    (marked,) = connection.execute(IS_MARKED).fetchone()
    return connection.execute(TAKEN_AT).fetchone()[0] if marked else None


def put(connection: sqlite3.Connection, moment: float) -> None:
    """Mark a store as a backup made at a time."""
    connection.execute(MARK)
    connection.execute(NOTE_TIME, (moment,))


def remove(connection: sqlite3.Connection) -> None:
    """Make a store of a backup."""
    connection.execute(UNMARK)


def settle(connection: sqlite3.Connection) -> int:
    """Cancel what a backup had left to deliver, if the store is one; return how many deliveries that were.

    Args:
        connection: The store's, in a transaction.
    """
    moment = taken_at(connection)
    if moment is None:
        return 0
    written = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
    reason = f"not sent again: restored from a backup of {written}"
    cancelled = connection.execute(CANCEL_UNFINISHED, (time.time(), reason)).rowcount
    remove(connection)
    return cancelled
