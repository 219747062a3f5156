"""Coalescing, within the transaction that writes the newer delivery."""

from __future__ import annotations

import json
import sqlite3

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.store.sqlite.rows import DeliveryRow
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.targets import Coalesce

PENDING_OF_LANE = statement("pending_of_lane")
SUPERSEDE = statement("supersede")
POSTPONE = statement("postpone")


def coalesce(connection: sqlite3.Connection, rule: Coalesce, new: DeliveryRow) -> DeliveryRow:
    """Merge a new delivery with the pending ones of its target and key.

    A burst begins with its first event and ends with its first attempt: what is in retry is superseded as well, but
    leaves the newer delivery a window of its own.

    Args:
        connection: The writer's connection, in a transaction.
        rule: The target's rule.
        new: The row as it would be written without coalescing, due at the time of its event.

    Returns:
        The row to write: due when the burst is over, or superseded by the delivery that the burst began with.
    """
    now = new.due_at
    pending = connection.execute(PENDING_OF_LANE, (new.target, new.key)).fetchall()
    window_at = min((began_at for _, attempts, began_at in pending if not attempts), default=now)
    due_at = min(now + rule.wait, max(now, window_at + rule.max_wait))
    if rule.keep == "last" or not pending:
        older = json.dumps([delivery_id for delivery_id, _, _ in pending])
        connection.execute(SUPERSEDE, (new.id, now, older))
        return new._replace(due_at=due_at, window_at=window_at)
    first, attempts, _ = pending[0]
    if not attempts:
        connection.execute(POSTPONE, (due_at, window_at, first))
    return new._replace(
        state=DeliveryState.SUPERSEDED.value,
        ended_at=now,
        reason="superseded by the first event of its burst",
        superseded_by=first,
    )
