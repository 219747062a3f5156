"""Stretches of events by order of acceptance, also those that were received in some time."""

from __future__ import annotations

from cockpit_gateway.store.pages import DISORDER, NO_END, Stretch
from cockpit_gateway.store.postgres.statements import Connection, query

EXTENT = query("extent")
FROM_SEQ_ON = query("from_seq_on")


async def stretch(connection: Connection, since: float | None, until: float | None, before: int | None) -> Stretch:
    """Return in which stretch to look for the events of a time; more than those are in it.

    What was received during the hours that a clock was turned back by may lie elsewhere.

    Args:
        connection: Where to look.
        since: Received then or later, seconds since the Unix epoch; None for any.
        until: Received before then, seconds since the Unix epoch; None for any.
        before: Only events with a lower seq; None for any.
    """
    first = 0 if since is None else await _accepted_at(connection, since - DISORDER)
    last = NO_END if until is None else await _accepted_at(connection, until + DISORDER)
    return Stretch(first, min(last, NO_END if before is None else before - 1))


async def _accepted_at(connection: Connection, moment: float) -> int:
    """Return the seq of the first event received at a time or later, or the one that the next event gets."""
    lowest, highest = await EXTENT.row(connection)
    if lowest is None:
        return NO_END
    low, high = lowest, highest + 1
    while low < high:
        middle = (low + high) // 2
        found = await FROM_SEQ_ON.row(connection, seq=middle)
        if not found or found[1] >= moment:  # none: they have been deleted meanwhile
            high = middle
        else:
            low = found[0] + 1
    return int(low)
