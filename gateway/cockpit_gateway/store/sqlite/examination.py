"""The examination of a store's file: whether all that is in it can be read and fits together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.pruning import size

MOST_PROBLEMS = 20
"""Problems that are listed; more add nothing."""

SCHEMA = "PRAGMA user_version"
INTEGRITY = f"PRAGMA integrity_check({MOST_PROBLEMS})"
STRAY_ROWS = 'SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT 20'
BODILESS = "SELECT seq FROM events WHERE NOT EXISTS (SELECT 1 FROM bodies WHERE bodies.seq = events.seq) LIMIT 20"
TABLES = ("events", "deliveries", "attempts")


class Examined(NamedTuple):
    """What a store's file holds.

    Attributes:
        schema: The number of its newest migration.
        size: Bytes of the file and its log.
        free: Bytes of the file that are free.
        rows: Rows of the tables that grow, by name; empty if they cannot be counted.
        problems: What is wrong with it, nothing if it is sound.
    """

    schema: int
    size: int
    free: int
    rows: dict[str, int]
    problems: Sequence[str]


def examine(database: Path) -> Examined:
    """Read the whole of a store's file, also while a gateway uses it.

    Raises:
        StoreError: it is no store of ours, or of a newer program.
        OSError: it cannot be read.
    """
    with file.read_only(database) as connection:
        problems = list(_problems(connection))
        (schema,) = connection.execute(SCHEMA).fetchone()
        total = sum(one.stat().st_size for one in file.parts(database) if one.exists())
        free = database.stat().st_size - size(connection)
        rows = {} if problems else {table: _count(connection, table) for table in TABLES}
        return Examined(schema, total, max(0, free), rows, problems)


def _problems(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        for (line,) in connection.execute(INTEGRITY):
            if line != "ok":
                yield line
        for table, row, parent in connection.execute(STRAY_ROWS):
            yield f"row {row} of {table} belongs to nothing in {parent}"
        for (seq,) in connection.execute(BODILESS):
            yield f"event {seq} has no body"
    except sqlite3.DatabaseError as error:
        yield str(error)


def _count(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - one of our tables
    return int(count)
