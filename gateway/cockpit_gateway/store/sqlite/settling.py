"""How attempts begin and end."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.errors import LeaseLostError
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.store.sqlite import bulk
from cockpit_gateway.store.sqlite.rows import attempt_row
from cockpit_gateway.store.sqlite.statements import statement

SETTLE_DELIVERIES = statement("settle_deliveries")
INSERT_ATTEMPTS = statement("insert_attempts")
MARK_BEGUN = statement("mark_begun")


def settle(connection: sqlite3.Connection, settlements: Sequence[Settlement]) -> None:
    """Write attempts and where their deliveries go from there.

    Raises:
        LeaseLostError: one of the deliveries is not leased.
    """
    changed = bulk.execute(connection, SETTLE_DELIVERIES, [_settled(settlement) for settlement in settlements])
    if changed != len(settlements):
        ids = ", ".join(settlement.delivery.id for settlement in settlements)
        raise LeaseLostError(f"an attempt ended whose delivery is not leased (any more): {ids}")
    attempts = [attempt_row(settlement.delivery.id, settlement.attempt) for settlement in settlements]
    bulk.execute(connection, INSERT_ATTEMPTS, attempts)


def mark_begun(connection: sqlite3.Connection, begun: Mapping[str, float]) -> None:
    """Note when the attempts under way of some deliveries have begun."""
    bulk.execute(connection, MARK_BEGUN, list(begun.items()))


def _settled(settlement: Settlement) -> bulk.Row:
    attempt, state = settlement.attempt, settlement.state
    ended_at = None if state is DeliveryState.PENDING else attempt.started_at + attempt.duration
    due_at = settlement.due_at if ended_at is None else ended_at
    return (settlement.delivery.id, state.value, attempt.number, due_at, ended_at, settlement.reason)
