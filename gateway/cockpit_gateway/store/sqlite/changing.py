"""The rarer changes: leases given back, deliveries put back, targets disabled."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence

from cockpit_gateway.deliveries import Delivery, TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.records import TargetState
from cockpit_gateway.store.sqlite import reading
from cockpit_gateway.store.sqlite.statements import statement

RELEASE = statement("release")
RELEASE_ALL = statement("release_all")
RELEASE_ALL_OF_THE_DEAD = statement("release_all_of_the_dead")
EXTEND_LEASE = statement("extend_lease")
DELETE_OWNERS = statement("delete_owners")
SET_TARGET = statement("set_target")
HOLD_TARGET = statement("hold_target")
NOTE_FAILING = statement("note_failing")
SHIFT_DUE = statement("shift_due")
CLAMP_DUE = statement("clamp_due")


def release_all(connection: sqlite3.Connection) -> None:
    """Give back all that is leased; nothing of it is under way."""
    connection.execute(RELEASE_ALL)
    connection.execute(DELETE_OWNERS)


def release_all_of_the_dead(connection: sqlite3.Connection) -> None:
    """Give back what was leased by others, who are dead: this process owns the file now."""
    connection.execute(RELEASE_ALL_OF_THE_DEAD)
    connection.execute(DELETE_OWNERS)


def release(connection: sqlite3.Connection, owner: str, deliveries: Sequence[Delivery]) -> None:
    """Give leased deliveries back, due at once."""
    ids = json.dumps([delivery.id for delivery in deliveries])
    connection.execute(RELEASE, {"owner": owner, "ids": ids})


def extend_lease(connection: sqlite3.Connection, owner: str, until: float) -> None:
    """Extend an owner's leases."""
    connection.execute(EXTEND_LEASE, (owner, until))


def set_targets(connection: sqlite3.Connection, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
    """Record targets; one whose fingerprint changed is neither paused nor disabled."""
    rows = [(*target_id, fingerprint) for target_id, fingerprint in fingerprints.items()]
    connection.executemany(SET_TARGET, rows)
    return [state for state in reading.target_states(connection) if state.target_id in fingerprints]


def set_held(connection: sqlite3.Connection, state: TargetState) -> TargetState:
    """Pause or disable a target, or let it go."""
    values = (state.held, state.reason, state.changed_at, *state.target_id)
    if not connection.execute(HOLD_TARGET, values).rowcount:
        raise NotFoundError(f"there is no target {state.target_id}")
    return state


def note_failing(connection: sqlite3.Connection, target_id: TargetId, seconds: float) -> None:
    """Note for how long a target has done nothing but fail."""
    connection.execute(NOTE_FAILING, (seconds, *target_id))


def shift_due(connection: sqlite3.Connection, seconds: float, now: float) -> None:
    """Move the due time of what was planned before the clock was turned."""
    connection.execute(SHIFT_DUE, {"seconds": seconds, "before": now - seconds if seconds > 0 else math.inf})


def clamp_due(connection: sqlite3.Connection, target_id: TargetId, latest: float) -> None:
    """Make what is due later than a time due then."""
    connection.execute(CLAMP_DUE, target_id._asdict() | {"latest": latest})
