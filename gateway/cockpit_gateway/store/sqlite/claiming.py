"""Claiming: which pending deliveries may be attempted now, and which are held back by others of their target."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store import steps
from cockpit_gateway.store.records import Claimed
from cockpit_gateway.store.sqlite.rows import work_of
from cockpit_gateway.store.sqlite.statements import statement

FIND_DUE = statement("find_due")
FIND_HEADS = statement("find_heads", "free")
FIND_HEADS_BY_LANE = statement("find_heads_by_lane", "free")
FIND_STILL_HEADS = statement("find_still_heads")
MORE_PENDING_THAN = statement("more_pending_than")
TARGET_NUMBER = statement("target_number")
LEASE = statement("lease")
LEASED_WORK = statement("leased_work", "delivery_columns", "event_columns")


class Claim(NamedTuple):
    """What is asked for.

    Attributes:
        target: The target's full name.
        owner: Who leases.
        now: Deliveries due up to this time, seconds since the Unix epoch.
        limit: At most so many.
        room: Bytes that they may have together; the first may have more.
    """

    target: TargetId
    owner: str
    now: float
    limit: int
    room: int


class Found(NamedTuple):
    """Deliveries that may be leased, not all of them due.

    Attributes:
        numbers: The deliveries, oldest due first: one more than the limit, if there are so many.
        sizes: Their bytes.
        due: How many of them are due.
        last: When the last of them falls due.
        upcoming: When the first of them that is not due yet falls due.
    """

    numbers: list[int]
    sizes: list[int]
    due: int
    last: float | None
    upcoming: float | None

    def with_further(self, other: Found) -> Found:
        """Return these and those of a second search that are not among them."""
        further = [
            (number, size)
            for number, size in zip(other.numbers[: other.due], other.sizes, strict=False)
            if number not in self.numbers
        ]
        return Found(
            self.numbers[: self.due] + [number for number, _ in further],
            self.sizes[: self.due] + [size for _, size in further],
            self.due + len(further),
            other.last if further else self.last,
            min((due for due in (self.upcoming, other.upcoming) if due is not None), default=None),
        )


def claim_due(connection: sqlite3.Connection, claim: Claim) -> Claimed:
    """Lease deliveries of a target that keeps no order."""
    return _lease(connection, claim, _find(connection, FIND_DUE, claim))


def find_heads(connection: sqlite3.Connection, claim: Claim) -> Found:
    """Find deliveries of an ordered target that no other one holds back; one without a key waits for none.

    It only reads, so that a long search holds up no commit.
    """
    found = _find(connection, FIND_HEADS, claim)
    if len(found.numbers) > claim.limit or not _more_pending_than_window(connection, claim):
        return found
    return found.with_further(_find(connection, FIND_HEADS_BY_LANE, claim))


def claim_found(connection: sqlite3.Connection, claim: Claim, found: Found) -> Claimed:
    """Lease heads that were found, as far as nothing has come between."""
    if not found.due:
        return Claimed([], found.upcoming)
    values = {"numbers": json.dumps(found.numbers[: found.due])}
    still = _find(connection, FIND_STILL_HEADS, claim, values)
    return _lease(connection, claim, still._replace(last=found.last, upcoming=found.upcoming))


def _find(connection: sqlite3.Connection, query: str, claim: Claim, further: Mapping[str, str] | None = None) -> Found:
    values = {
        "target": _number(connection, claim.target),
        "now": claim.now,
        "limit": claim.limit,
        "window": steps.HEADS_LOOKED_AT,
    } | dict(further or {})
    numbers, sizes, due, last, upcoming = connection.execute(query, values).fetchone()
    return Found(json.loads(numbers), json.loads(sizes), due, last, upcoming)


def _lease(connection: sqlite3.Connection, claim: Claim, found: Found) -> Claimed:
    due = min(found.due, claim.limit)
    fitting = _fitting(found.sizes[:due], claim.room)
    next_due = claim.now if fitting < due else found.last if found.due > claim.limit else found.upcoming
    if not fitting:
        return Claimed([], next_due)
    values = {"owner": claim.owner, "numbers": json.dumps(found.numbers[:fitting])}
    connection.execute(LEASE, values)
    rows = connection.execute(LEASED_WORK, values)
    return Claimed([work_of(row) for row in rows], next_due)


def _fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many of these bodies have room, the first in any case."""
    together = accumulate(sizes)
    return sum(1 for place, size in enumerate(together) if place == 0 or size <= room)


def _more_pending_than_window(connection: sqlite3.Connection, claim: Claim) -> bool:
    (more,) = connection.execute(
        MORE_PENDING_THAN, (_number(connection, claim.target), steps.HEADS_LOOKED_AT)
    ).fetchone()
    return bool(more)


def _number(connection: sqlite3.Connection, target_id: TargetId) -> int | None:
    """Return a target's number, None if nothing was ever planned for it."""
    row = connection.execute(TARGET_NUMBER, target_id).fetchone()
    return None if row is None else int(row[0])
