"""The rarer changes: leases given back, deliveries put back, targets disabled."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from cockpit_gateway.deliveries import Delivery, DeliveryState, TargetId
from cockpit_gateway.errors import NotFoundError, StoreError
from cockpit_gateway.store.port import TargetState
from cockpit_gateway.store.sqlite import reading

FREE = "UPDATE deliveries SET state = 'pending', owner = NULL, due_at = ?"


def free_leases_of(connection: sqlite3.Connection, owner: str, now: float) -> None:
    """Give back all that an owner had leased; nothing of it is under way."""
    connection.execute(f"{FREE}, begun_at = NULL WHERE state = 'running' AND owner = ?", (now, owner))
    connection.execute("DELETE FROM owners WHERE owner = ?", (owner,))


def free_leases_of_others(connection: sqlite3.Connection, owner: str, now: float) -> None:
    """Give back what dead owners had leased. Which attempts they had begun stays known."""
    connection.execute(f"{FREE} WHERE state = 'running' AND owner <> ?", (now, owner))
    connection.execute("DELETE FROM owners WHERE owner <> ?", (owner,))


def release(connection: sqlite3.Connection, deliveries: Sequence[Delivery], now: float) -> None:
    """Give leased deliveries back, due at once."""
    connection.executemany(
        f"{FREE}, begun_at = NULL WHERE state = 'running' AND id = ?", [(now, delivery.id) for delivery in deliveries]
    )


def extend_lease(connection: sqlite3.Connection, owner: str, until: float) -> None:
    """Extend an owner's leases."""
    connection.execute("INSERT OR REPLACE INTO owners (owner, lease_until) VALUES (?, ?)", (owner, until))


def requeue(connection: sqlite3.Connection, delivery_id: str, now: float) -> Delivery:
    """Make a delivery pending and due at once, on a fresh schedule; its attempts stay listed."""
    delivery = reading.delivery(connection, delivery_id)
    if delivery.state is DeliveryState.RUNNING:
        raise StoreError(f"delivery {delivery_id} is running; wait until its attempt has ended")
    connection.execute(
        "UPDATE deliveries SET state = 'pending', due_at = ?, ended_at = NULL, superseded_by = NULL, "
        "fresh_from = attempts, reason = 'put back by a person' WHERE id = ?",
        (now, delivery_id),
    )
    return reading.delivery(connection, delivery_id)


def set_targets(connection: sqlite3.Connection, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
    """Record targets; one whose fingerprint changed is no longer disabled."""
    connection.executemany(
        "INSERT INTO targets (plugin, target, fingerprint) VALUES (?, ?, ?) "
        "ON CONFLICT (plugin, target) DO UPDATE SET fingerprint = excluded.fingerprint, "
        "disabled = 0, reason = NULL, changed_at = NULL WHERE fingerprint <> excluded.fingerprint",
        [(*target_id, fingerprint) for target_id, fingerprint in fingerprints.items()],
    )
    return reading.target_states(connection)


def set_disabled(connection: sqlite3.Connection, state: TargetState) -> TargetState:
    """Disable or enable a target."""
    changed = connection.execute(
        "UPDATE targets SET disabled = ?, reason = ?, changed_at = ? WHERE plugin = ? AND target = ?",
        (int(state.disabled), state.reason, state.changed_at, *state.target_id),
    )
    if not changed.rowcount:
        raise NotFoundError(f"there is no target {state.target_id}")
    return state
