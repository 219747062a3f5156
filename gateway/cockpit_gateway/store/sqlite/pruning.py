"""Pruning: what need not be kept any longer is deleted, a few events at a time."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.store.records import Retention
from cockpit_gateway.store.sqlite.statements import statement

BYTES_IN_USE = statement("bytes_in_use")
COUNT_KEPT = statement("count_kept")
FIND_PRUNABLE = statement("find_prunable", "is_over")
PRUNE = statement("prune", "is_over")

PAGES_GIVEN_BACK = 100
"""Free pages that one step takes off the end of the file."""


class Prunable(NamedTuple):
    """Events that may go, by seq, and the last that was looked at: None if what follows is to be kept."""

    seqs: Sequence[int]
    last: int | None


def find_prunable(connection: sqlite3.Connection, retention: Retention, now: float, after: int, step: int) -> Prunable:
    """Find some events that need not be kept; only reads."""
    before = now - retention.age
    excess = math.inf
    if size(connection) > retention.size:
        before = math.inf
    elif retention.rows is not None:
        (kept,) = connection.execute(COUNT_KEPT).fetchone()
        excess = kept - retention.rows
        before = math.inf if excess > 0 else before
    values = {"before": before, "after": after, "step": int(min(step, excess)) if excess > 0 else step}
    seqs, last = connection.execute(FIND_PRUNABLE, values).fetchone()
    return Prunable(json.loads(seqs), last)


def prune(connection: sqlite3.Connection, seqs: Sequence[int]) -> int:
    """Delete events with their deliveries and attempts, as far as they may still go; return how many."""
    return connection.execute(PRUNE, {"seqs": json.dumps(seqs)}).rowcount


def give_back(connection: sqlite3.Connection) -> bool:
    """Shorten the file by some free pages; return whether there are more."""
    # One by one: the statement has a row without columns for each page, and Python's module goes no further than one.
    for _ in range(PAGES_GIVEN_BACK):
        connection.execute("PRAGMA incremental_vacuum(1)")
    (left,) = connection.execute("PRAGMA freelist_count").fetchone()
    return bool(left)


def size(connection: sqlite3.Connection) -> int:
    """Return the bytes that the file uses, what is free in it aside."""
    (found,) = connection.execute(BYTES_IN_USE).fetchone()
    return int(found)
