"""The mark of a store that is being moved to another engine: by it the copy knows whose copy it is.

A gateway that opens the store removes it: then the store changes, and what was copied is of no use any more. It is a
table of its own, which no migration knows.
"""

from __future__ import annotations

import sqlite3
import uuid

IS_MARKED = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'move'"
MARK = "CREATE TABLE IF NOT EXISTS move (id TEXT NOT NULL) STRICT"
MOVE_ID = "SELECT id FROM move"
NOTE_ID = "INSERT INTO move (id) VALUES (?)"
UNMARK = "DROP TABLE IF EXISTS move"


def put(connection: sqlite3.Connection) -> str:
    """Return the id of the move that was begun, and begin one if none was."""
    connection.execute(MARK)
    if connection.execute(MOVE_ID).fetchone() is None:
        connection.execute(NOTE_ID, (uuid.uuid4().hex,))
    (move_id,) = connection.execute(MOVE_ID).fetchone()
    return str(move_id)


def remove(connection: sqlite3.Connection) -> bool:
    """Make whatever was copied a copy of something else; return whether anything was."""
    (marked,) = connection.execute(IS_MARKED).fetchone()
    connection.execute(UNMARK)
    return bool(marked)
