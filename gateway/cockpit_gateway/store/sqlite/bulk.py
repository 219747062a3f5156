"""Many rows in few statements.

The interpreter's lock is given up and taken again around every statement, while the event loop keeps it busy: the
number of statements, not their work, is what a group commit costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from cockpit_gateway.store.sqlite.rows import Row

SIZES = (64, 16, 4, 1)
"""Rows per statement; few sizes, so that the compiled statements are found again."""

_Item = TypeVar("_Item")


def insert(connection: sqlite3.Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Insert rows into some columns of a table."""
    head = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 - names, not data
    width = columns.count(",") + 1
    for chunk in chunks(rows):
        connection.execute(head + _values(width, len(chunk)), list(chain.from_iterable(chunk)))


def update_from(connection: sqlite3.Connection, statement: str, width: int, rows: Sequence[Row]) -> None:
    """Run an `UPDATE … FROM (VALUES …) AS new`; the statement has `{values}` where the rows go."""
    for chunk in chunks(rows):
        connection.execute(statement.format(values=_values(width, len(chunk))), list(chain.from_iterable(chunk)))


def marks(count: int) -> str:
    """Return so many comma-separated placeholders."""
    return ",".join("?" * count)


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Cut a sequence into pieces whose lengths are among `SIZES`.

    Example:
        >>> [len(chunk) for chunk in chunks(range(21))]
        [16, 4, 1]
    """
    start = 0
    for size in SIZES:
        while len(items) - start >= size:
            yield items[start : start + size]
            start += size


@lru_cache(maxsize=64)
def _values(width: int, count: int) -> str:
    return ",".join([f"({marks(width)})"] * count)
