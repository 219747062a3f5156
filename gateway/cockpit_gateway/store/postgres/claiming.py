"""Claiming: which pending deliveries may be attempted now, and which are held back by others of their target."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId, Work
from cockpit_gateway.store import steps
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.doubts import Doubts
from cockpit_gateway.store.postgres.rows import work_of
from cockpit_gateway.store.postgres.statements import Connection, Query, query
from cockpit_gateway.store.records import Claimed

FIND_DUE = query("find_due")
NEXT_DUE = query("next_due")
FIND_HEADS = query("find_heads", "free", "ancestors")
FIND_HEADS_BY_LANE = query("find_heads_by_lane", "free", "ancestors")
LOCK_TARGET = query("lock_target")
MORE_PENDING_THAN = query("more_pending_than")
LEASE = query("lease")
LEASED_WORK = query("leased_work", "delivery_columns", "event_columns")


class Claim(NamedTuple):
    """What is asked for.

    Attributes:
        target: The target's number.
        target_id: Its name.
        owner: Who leases.
        now: Deliveries due up to this time, seconds since the Unix epoch.
        limit: At most so many.
        room: Bytes that they may have together; the first may have more.
    """

    target: int
    target_id: TargetId
    owner: str
    now: float
    limit: int
    room: int


class Candidate(NamedTuple):
    """A delivery that may be leased once it is due."""

    number: int
    id: str
    seq: int
    size: int
    due_at: float


class Claimer:
    """Leases deliveries.

    Args:
        connections: The database.
        doubts: Is told of leases that nobody may know of.
    """

    def __init__(self, connections: Connections, doubts: Doubts) -> None:
        self._connections = connections
        self._doubts = doubts

    async def claim(self, claim: Claim, *, ordered: bool) -> Claimed:
        """Lease due deliveries of a target, those of an ordered one only if no other holds them back."""
        chosen: list[str] = []

        async def lease(connection: Connection) -> Claimed:
            began = time.perf_counter()
            due, next_due = await (_find_heads if ordered else _find_due)(connection, claim)
            searched = time.perf_counter() - began if ordered else 0.0
            chosen[:] = [candidate.id for candidate in due]
            return Claimed(await _lease(connection, claim, due), next_due, searched)

        with self._doubts.about(chosen):
            return await self._connections.transact(lease)


async def _find_due(connection: Connection, claim: Claim) -> tuple[Sequence[Candidate], float | None]:
    """Return what to lease of a target that keeps no order, and when the next is due."""
    found = await _find(connection, FIND_DUE, claim)
    due = _fitting(found, claim.room)
    numbers = [candidate.number for candidate in due]
    next_due: float | None = await NEXT_DUE.value(connection, target=claim.target, numbers=numbers)
    return due, claim.now if len(due) < len(found) else next_due


async def _find_heads(connection: Connection, claim: Claim) -> tuple[Sequence[Candidate], float | None]:
    """Return what to lease of a target that keeps an order, and when the next is due.

    No other delivery holds it back; one without a key waits for none.
    """
    await LOCK_TARGET.run(connection, target=claim.target)
    found = await _find(connection, FIND_HEADS, claim)
    if len(found) <= claim.limit and await MORE_PENDING_THAN.value(
        connection, target=claim.target, window=steps.HEADS_LOOKED_AT
    ):
        further = await _find(connection, FIND_HEADS_BY_LANE, claim)
        found = sorted({*found, *further}, key=lambda it: (it.due_at, it.seq, it.number))
    due = [candidate for candidate in found[: claim.limit] if candidate.due_at <= claim.now]
    fitting = _fitting(due, claim.room)
    following = found[len(fitting) :]
    if len(fitting) < len(due):
        return fitting, claim.now
    return fitting, following[0].due_at if following else None


async def _find(connection: Connection, query: Query, claim: Claim) -> Sequence[Candidate]:
    given = {"target": claim.target, "now": claim.now, "limit": claim.limit, "window": steps.HEADS_LOOKED_AT}
    return [Candidate(*row) for row in await query.rows(connection, **given)]


def _fitting(due: Sequence[Candidate], room: int) -> Sequence[Candidate]:
    """Return those of these for whose bodies there is room, the first in any case."""
    together = accumulate(candidate.size for candidate in due)
    return [each for place, (each, size) in enumerate(zip(due, together, strict=True)) if place == 0 or size <= room]


async def _lease(connection: Connection, claim: Claim, due: Sequence[Candidate]) -> Sequence[Work]:
    if not due:
        return []
    numbers = [candidate.number for candidate in due]
    given = {"owner": claim.owner, "now": claim.now, "numbers": numbers, "name": str(claim.target_id)}
    leased = {number for (number,) in await LEASE.rows(connection, **given)}
    taken = [number for number in numbers if number in leased]
    return [work_of(row) for row in await LEASED_WORK.rows(connection, numbers=taken)]
