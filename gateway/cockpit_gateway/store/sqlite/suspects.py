"""Suspects: deliveries in whose attempt a process died, so that the one which kills processes is found."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from cockpit_gateway.deliveries import Delivery, Work
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.records import MOST_CRASHES
from cockpit_gateway.store.sqlite import reading
from cockpit_gateway.store.sqlite.rows import work_of
from cockpit_gateway.store.sqlite.statements import statement

COUNT_OWNERS = statement("count_owners")
BLAME = statement("blame")
PARK = statement("park")
BEGIN = statement("begin")
CLEAR = statement("clear")
LEASE_SUSPECTS = statement("lease_suspects")
LEASED_WORK = statement("leased_work", "delivery_columns", "event_columns")
NUMBER_OF = statement("number_of")


def was_unclean(connection: sqlite3.Connection) -> bool:
    """Tell whether the owner before left without giving back its leases."""
    (owners,) = connection.execute(COUNT_OWNERS).fetchone()
    return bool(owners)


def find_culprits(connection: sqlite3.Connection) -> Sequence[Delivery]:
    """Blame what the dead owner had begun; return what is given up because that happened too often."""
    connection.execute(BLAME)
    parked = connection.execute(PARK, {"now": time.time(), "most": MOST_CRASHES}).fetchall()
    return [reading.delivery(connection, delivery_id) for (delivery_id,) in parked]


def begin(connection: sqlite3.Connection, delivery_id: str, *, alone: bool) -> None:
    """Note that an attempt begins."""
    connection.execute(BEGIN, (time.time(), int(alone), delivery_id))


def clear(connection: sqlite3.Connection, delivery_ids: Sequence[str]) -> None:
    """Note that deliveries are no suspects any more."""
    connection.execute(CLEAR, (json.dumps(delivery_ids),))


def lease_suspects(connection: sqlite3.Connection, owner: str) -> Sequence[str]:
    """Lease every suspect that waits; return their ids, the least often blamed first."""
    rows = connection.execute(LEASE_SUSPECTS, (owner,)).fetchall()
    return [delivery_id for delivery_id, _, _ in sorted(rows, key=lambda row: row[1:])]


def leased(connection: sqlite3.Connection, delivery_id: str) -> Work:
    """Return a delivery with its event."""
    found = connection.execute(NUMBER_OF, (delivery_id,)).fetchone()
    if found is None:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return work_of(connection.execute(LEASED_WORK, {"numbers": json.dumps(found)}).fetchone())
