"""Coalescing, within the transaction that writes the newer delivery."""

from __future__ import annotations

import sqlite3
from typing import Any

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.store.port import NewDelivery
from cockpit_gateway.store.sqlite.rows import Row

STATE, DUE_AT, ENDED_AT, REASON, SUPERSEDED_BY, WINDOW_AT = 4, 5, 7, 8, 9, 10
"""Positions in a row of `DELIVERY_FIELDS`."""


def coalesce(connection: sqlite3.Connection, delivery: NewDelivery, row: Row) -> Row:
    """Merge a new delivery with the pending ones of its target and key.

    Args:
        connection: The writer's connection, in a transaction.
        delivery: The new delivery; its `due_at` is the time of its event.
        row: Its row as it would be written without coalescing.

    Returns:
        The row to write: due when the burst is over, or superseded by the delivery that the burst began with.
    """
    rule = delivery.coalesce
    assert rule is not None  # noqa: S101 - the caller's condition
    pending = connection.execute(
        "SELECT id, attempts, window_at FROM deliveries "
        "WHERE target = ? AND key = ? AND state = 'pending' ORDER BY seq",
        (row[2], delivery.key),
    ).fetchall()
    now = delivery.due_at
    windows = [window_at for _, attempts, window_at in pending if not attempts and window_at is not None]
    window_at = min(windows, default=now)
    due_at = min(now + rule.wait, max(now, window_at + rule.max_wait))
    new: list[Any] = list(row)
    new[STATE], new[DUE_AT], new[WINDOW_AT] = DeliveryState.PENDING.value, due_at, window_at
    if rule.keep == "last":
        connection.executemany(
            "UPDATE deliveries SET state = 'superseded', superseded_by = ?, ended_at = ?, "
            "reason = 'superseded by a newer event' WHERE id = ?",
            [(delivery.id, now, older) for older, _, _ in pending],
        )
    elif pending:
        first, attempts, _ = pending[0]
        if not attempts:
            connection.execute("UPDATE deliveries SET due_at = ? WHERE id = ?", (due_at, first))
        new[STATE], new[DUE_AT], new[ENDED_AT] = DeliveryState.SUPERSEDED.value, now, now
        new[REASON], new[SUPERSEDED_BY] = "superseded by the first event of its burst", first
    return new
