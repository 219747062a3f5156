"""Many rows in few statements.

The interpreter's lock is given up and taken again around every statement, while the event loop keeps it busy: the
number of statements, not their work, is what a group commit costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

Row = Sequence[Any]
"""What SQLite holds: integers, floats, text, bytes and None."""

SIZES = (64, 16, 4, 1)
"""Rows per statement; few sizes, so that the compiled statements are found again."""

_Item = TypeVar("_Item")


def execute(connection: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run a statement that has `{rows}` where the rows go; return how many rows it changed."""
    return sum(
        connection.execute(_with_rows(statement, len(chunk[0]), len(chunk)), list(chain.from_iterable(chunk))).rowcount
        for chunk in chunks(rows)
    )


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
def _with_rows(statement: str, width: int, count: int) -> str:
    row = f"({','.join('?' * width)})"
    return statement.format(rows=",".join([row] * count))
