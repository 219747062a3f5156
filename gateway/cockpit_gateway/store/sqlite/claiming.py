"""Claiming: which pending deliveries may be attempted now, and which are held back by others of their target."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.deliveries import Work
from cockpit_gateway.store.port import Claimed
from cockpit_gateway.store.sqlite.rows import EVENT_WIDTH, delivery_of, event_of
from cockpit_gateway.store.sqlite.statements import statement

FIND_DUE = statement("find_due")
FIND_HEADS = statement("find_heads", "free")
FIND_HEADS_BY_LANE = statement("find_heads_by_lane", "free")
MORE_PENDING_THAN = statement("more_pending_than")
LEASE = statement("lease")
LEASED_WORK = statement("leased_work", "delivery_columns", "event_columns")

WINDOW = 1000
"""Pending deliveries among which heads are looked for first. A backlog of many lanes has enough of them there; one of
few long lanes has not, and is cheaper to search lane by lane."""


class Claim(NamedTuple):
    """What is asked for.

    Attributes:
        target: The target's number.
        owner: Who leases.
        now: Deliveries due up to this time, seconds since the Unix epoch.
        limit: At most so many.
    """

    target: int
    owner: str
    now: float
    limit: int


class Found(NamedTuple):
    """Deliveries that may be leased, not all of them due.

    Attributes:
        numbers: The deliveries, oldest due first: one more than the limit, if there are so many.
        due: How many of them are due.
        last: When the last of them falls due.
        upcoming: When the first of them that is not due yet falls due.
    """

    numbers: Sequence[int]
    due: int
    last: float | None
    upcoming: float | None


def claim_due(connection: sqlite3.Connection, claim: Claim) -> Claimed:
    """Lease deliveries of a target that keeps no order."""
    return _lease(connection, claim, _find(connection, FIND_DUE, claim))


def claim_heads(connection: sqlite3.Connection, claim: Claim) -> Claimed:
    """Lease deliveries of an ordered target that no other one holds back; one without a key waits for none."""
    found = _find(connection, FIND_HEADS, claim)
    all_found = len(found.numbers) > claim.limit or not _more_pending_than_window(connection, claim.target)
    claimed = _lease(connection, claim, found)
    if all_found:
        return claimed
    rest = claim._replace(limit=claim.limit - len(claimed.work))
    further = _lease(connection, rest, _find(connection, FIND_HEADS_BY_LANE, rest))
    return Claimed([*claimed.work, *further.work], further.next_due)


def _find(connection: sqlite3.Connection, query: str, claim: Claim) -> Found:
    numbers, due, last, upcoming = connection.execute(query, claim._asdict() | {"window": WINDOW}).fetchone()
    return Found(json.loads(numbers), due, last, upcoming)


def _lease(connection: sqlite3.Connection, claim: Claim, found: Found) -> Claimed:
    numbers = found.numbers[: min(found.due, claim.limit)]
    next_due = found.last if found.due > claim.limit else found.upcoming
    if not numbers:
        return Claimed([], next_due)
    values = {"owner": claim.owner, "numbers": json.dumps(numbers)}
    connection.execute(LEASE, values)
    rows = connection.execute(LEASED_WORK, values)
    return Claimed([Work(delivery_of(row[:-EVENT_WIDTH]), event_of(row[-EVENT_WIDTH:])) for row in rows], next_due)


def _more_pending_than_window(connection: sqlite3.Connection, target: int) -> bool:
    (more,) = connection.execute(MORE_PENDING_THAN, (target, WINDOW)).fetchone()
    return bool(more)
