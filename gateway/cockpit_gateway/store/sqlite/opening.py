"""Opening a file: what the owner before has left in it."""

from __future__ import annotations

import sqlite3

from cockpit_gateway.store.records import Opened
from cockpit_gateway.store.sqlite import changing, mark, reading, suspects


def take_over(connection: sqlite3.Connection) -> Opened:
    """Free what the owner before had leased."""
    connection.execute("BEGIN IMMEDIATE")
    cancelled = mark.settle(connection)
    unclean = suspects.was_unclean(connection)
    parked = suspects.find_culprits(connection)
    changing.release_all_of_the_dead(connection)
    opened = Opened(reading.gateway_id(connection), unclean, parked, cancelled)
    connection.execute("COMMIT")
    return opened
