"""Coalescing, within the transaction that writes the newer delivery."""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.store.sqlite.rows import DeliveryRow
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.targets import Coalesce

PENDING_OF_LANE = statement("pending_of_lane")
SUPERSEDE = statement("supersede")
POSTPONE = statement("postpone")

LARGEST_BATCH = 1000
"""Events that one delivery carries at most."""

LARGEST_BATCH_SIZE = 4 * 1024 * 1024
"""Bytes of bodies that one delivery of several events carries at most."""


class Waiting(NamedTuple):
    """A pending delivery of the same target and key."""

    id: str
    attempts: int
    window_at: float
    size: int
    batch: int

    def takes(self, new: DeliveryRow) -> bool:
        """Tell whether a batch has room for one more event."""
        return self.batch < LARGEST_BATCH and self.size + new.size <= LARGEST_BATCH_SIZE


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
    pending = [Waiting(*row) for row in connection.execute(PENDING_OF_LANE, (new.target, new.key))]
    if rule.keep == "first" and pending:
        return _join_first(connection, rule, new, pending)
    merged = pending if rule.keep != "list" else _joinable(connection, new, pending)
    window_at = _window(new, merged)
    reason = "sent together with a newer event" if rule.keep == "list" else "superseded by a newer event"
    older = json.dumps([waiting.id for waiting in merged])
    connection.execute(SUPERSEDE, (new.id, new.due_at, reason, older))
    carried = merged if rule.keep == "list" else []
    return new._replace(
        due_at=_end_of_burst(rule, new.due_at, window_at),
        window_at=window_at,
        size=new.size + sum(waiting.size for waiting in carried),
        batch=new.batch + sum(waiting.batch for waiting in carried),
    )


def _join_first(
    connection: sqlite3.Connection, rule: Coalesce, new: DeliveryRow, pending: list[Waiting]
) -> DeliveryRow:
    first = pending[0]
    if not first.attempts:
        window_at = _window(new, pending)
        connection.execute(POSTPONE, (_end_of_burst(rule, new.due_at, window_at), window_at, first.id))
    return new._replace(
        state=DeliveryState.SUPERSEDED.value,
        ended_at=new.due_at,
        reason="superseded by the first event of its burst",
        superseded_by=first.id,
    )


def _joinable(connection: sqlite3.Connection, new: DeliveryRow, pending: list[Waiting]) -> list[Waiting]:
    """Return the batch that has room for a new event; one that is full waits no longer."""
    if not pending:
        return []
    newest = pending[-1]
    if newest.takes(new):
        return [newest]
    if not newest.attempts:
        connection.execute(POSTPONE, (new.due_at, newest.window_at, newest.id))
    return []


def _window(new: DeliveryRow, merged: list[Waiting]) -> float:
    """Return when the burst began."""
    return min((waiting.window_at for waiting in merged if not waiting.attempts), default=new.due_at)


def _end_of_burst(rule: Coalesce, now: float, window_at: float) -> float:
    return min(now + rule.wait, max(now, window_at + rule.max_wait))
