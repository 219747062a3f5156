"""Pruning: what need not be kept any longer is deleted, a few events at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.records import Retention

MEASURE = query("measure")
FOOTPRINT = query("footprint")
FIND_PRUNABLE = query("find_prunable", "is_over")
LOCK_EVENTS = query("lock_events")
STILL_OVER = query("still_over", "is_over")
DELETE_EVENTS = query("delete_events")


class Prunable(NamedTuple):
    """Events that may go, by seq, and the last that was looked at: None if what follows is to be kept."""

    seqs: Sequence[int]
    last: int | None


async def measure(connection: Connection) -> int:
    """Return the bytes of what is stored, with its indexes, and with what is free in it."""
    size: int = await MEASURE.value(connection)
    return size


async def count_excess(connection: Connection, retention: Retention) -> int:
    """Return how many events there are beyond what is to be kept, whatever their age: more than `rows`, or `size`."""
    events, bytes_each = await FOOTPRINT.row(connection)
    allowed = int(retention.size / bytes_each)
    excess: int = events - (allowed if retention.rows is None else min(allowed, retention.rows))
    return max(0, excess)


async def find_prunable(
    connection: Connection, retention: Retention, now: float, after: int, *, step: int, excess: int
) -> Prunable:
    """Find some events that need not be kept.

    Args:
        connection: Where.
        retention: What is to be kept.
        now: Seconds since the Unix epoch.
        after: Only events with a higher seq.
        step: At most so many.
        excess: So many events are beyond what is to be kept, whatever their age.
    """
    given = {"after": after, "step": min(step, excess) if excess else step}
    return Prunable(*await FIND_PRUNABLE.row(connection, before=math.inf if excess else now - retention.age, **given))


async def prune(connection: Connection, seqs: Sequence[int]) -> int:
    """Delete events with their deliveries and attempts, as far as they may still go; return how many."""
    locked = [seq for (seq,) in await LOCK_EVENTS.rows(connection, seqs=seqs)]
    over = [seq for (seq,) in await STILL_OVER.rows(connection, seqs=locked)]
    return await DELETE_EVENTS.run(connection, seqs=over)
