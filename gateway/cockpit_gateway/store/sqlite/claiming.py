"""Claiming: which pending deliveries may be attempted now, and which hold others back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cockpit_gateway.deliveries import DeliveryState, Work
from cockpit_gateway.store.port import Claimed
from cockpit_gateway.store.sqlite import bulk
from cockpit_gateway.store.sqlite.rows import DELIVERY_COLUMNS, EVENT_COLUMNS, delivery_of, event_of

DELIVERY_WIDTH = DELIVERY_COLUMNS.count(",") + 1

WHOLE_TARGET = ""
"""The key that is a prefix of every other."""


class Head(NamedTuple):
    """The oldest unfinished delivery of a lane."""

    seq: int
    key: str
    id: str
    state: str
    due_at: float


def claim_due(connection: sqlite3.Connection, target: int, owner: str, now: float, limit: int) -> Claimed:
    """Lease deliveries of a target that keeps no order."""
    found = connection.execute(
        "SELECT id FROM deliveries WHERE target = ? AND state = 'pending' AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
        (target, now, limit),
    )
    work = lease(connection, [delivery_id for (delivery_id,) in found], owner)
    (next_due,) = connection.execute(
        "SELECT min(due_at) FROM deliveries WHERE target = ? AND state = 'pending'", (target,)
    ).fetchone()
    return Claimed(work, next_due)


def claim_heads(connection: sqlite3.Connection, target: int, owner: str, now: float, limit: int) -> Claimed:
    """Lease deliveries of an ordered target: only those that no earlier one holds back."""
    rows = connection.execute(
        "SELECT min(seq), key, id, state, due_at FROM deliveries "
        "WHERE target = ? AND state IN ('pending', 'running') AND key IS NOT NULL GROUP BY key",
        (target,),
    )
    free = [head for head in unblocked(Head(*row) for row in rows) if head.state == DeliveryState.PENDING]
    due = [head for head in free if head.due_at <= now][:limit]
    work = lease(connection, [head.id for head in due], owner)
    return Claimed(work, min((head.due_at for head in free[len(due) :] if head not in due), default=None))


def unblocked(heads: Iterable[Head]) -> list[Head]:
    """Return the heads of lanes that no older head above or below them in the tree of keys holds back, oldest first.

    Example:
        >>> save, remove = Head(1, "a/1", "", "pending", 0.0), Head(2, "a", "", "pending", 0.0)
        >>> [head.key for head in unblocked([remove, save])]
        ['a/1']
    """
    held_above: set[str] = set()
    held_keys: set[str] = set()
    free: list[Head] = []
    for head in sorted(heads):
        above = ancestors(head.key)
        if head.key not in held_above and held_keys.isdisjoint(above):
            free.append(head)
        held_keys.add(head.key)
        held_above.update(above)
    return free


def ancestors(key: str) -> list[str]:
    """Return the paths above a key, the whole target's included.

    Example:
        >>> ancestors("collections/posts/1")
        ['', 'collections', 'collections/posts']
    """
    if key == WHOLE_TARGET:
        return []
    parts = key.split("/")
    return [WHOLE_TARGET, *("/".join(parts[:depth]) for depth in range(1, len(parts)))]


def lease(connection: sqlite3.Connection, delivery_ids: Sequence[str], owner: str) -> list[Work]:
    """Lease deliveries, and return them with their events, in the order given."""
    found: dict[str, Work] = {}
    for chunk in bulk.chunks(delivery_ids):
        marks = bulk.marks(len(chunk))
        connection.execute(
            f"UPDATE deliveries SET state = 'running', owner = ? WHERE id IN ({marks})",  # noqa: S608 - only "?"
            (owner, *chunk),
        )
        rows = connection.execute(
            f"SELECT {DELIVERY_COLUMNS}, {EVENT_COLUMNS} FROM deliveries d "  # noqa: S608 - names, not data
            "JOIN targets t ON t.number = d.target JOIN events e ON e.seq = d.seq JOIN bodies b ON b.seq = d.seq "
            f"WHERE d.id IN ({marks})",
            chunk,
        )
        for row in rows:
            found[row[0]] = Work(delivery_of(row[:DELIVERY_WIDTH]), event_of(row[DELIVERY_WIDTH:]))
    return [found[delivery_id] for delivery_id in delivery_ids]
