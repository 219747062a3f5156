"""Coalescing, within the transaction that writes the newer delivery."""

from __future__ import annotations

import json
import sqlite3

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.store.coalescing import New, Waiting, merge
from cockpit_gateway.store.sqlite.rows import DeliveryRow
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.targets import Coalesce

PENDING_OF_LANE = statement("pending_of_lane")
SUPERSEDE = statement("supersede")
POSTPONE = statement("postpone")


def coalesce(connection: sqlite3.Connection, rule: Coalesce, new: DeliveryRow) -> DeliveryRow:
    """Merge a new delivery with the pending ones of its target and key; see `merge`.

    Args:
        connection: The writer's connection, in a transaction.
        rule: The target's rule.
        new: The row as it would be written without coalescing, due at the time of its event.

    Returns:
        The row to write: due when the burst is over, or superseded by the delivery that the burst began with.
    """
    pending = [Waiting(*row) for row in connection.execute(PENDING_OF_LANE, (new.target, new.key))]
    merged = merge(rule, New(new.id, new.due_at, new.size), pending)
    if merged.superseded:
        connection.execute(SUPERSEDE, (new.id, new.due_at, merged.reason, json.dumps(merged.superseded)))
    if merged.postponed is not None:
        delivery_id, due_at, window_at = merged.postponed
        connection.execute(POSTPONE, (due_at, window_at, delivery_id))
    if merged.successor is not None:
        return new._replace(
            state=DeliveryState.SUPERSEDED.value,
            ended_at=new.due_at,
            reason=merged.reason,
            superseded_by=merged.successor,
        )
    return new._replace(due_at=merged.due_at, window_at=merged.window_at, size=merged.size, batch=merged.batch)
