"""Duplicates: POSTs that came before, among those of a group and among those that are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.plans import Accept
from cockpit_gateway.store.postgres.statements import Connection, query

NOTE_EVENTS = query("note_events")
EARLIER_EVENTS = query("earlier_events")
PRUNE_DUPLICATES = query("prune_duplicates")

PRUNED_AFTER = 500
"""Keys noted before expired ones are removed: twice as many, so that the table stays small."""


class Duplicates:
    """Looks after the keys by which duplicates are recognised.

    Args:
        connections: The database.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._noted = 0

    async def earlier(self, accepts: Sequence[Accept]) -> Mapping[str, str]:
        """Return, by key, the ids of the events that these repeat; of none, if they cannot be looked up now."""
        keys = [accept.duplicate.key for accept in accepts if accept.duplicate is not None]
        if not keys:
            return {}
        with suppress(StoreUnavailableError):  # what the others are is committed
            return dict(await self._connections.run(lambda it: EARLIER_EVENTS.rows(it, keys=keys)))
        return {}

    async def prune(self, accepts: Sequence[Accept]) -> None:
        """Remove keys that have expired, once so many were noted."""
        self._noted += sum(1 for accept in accepts if accept.duplicate is not None)
        if self._noted < PRUNED_AFTER:
            return
        limit, self._noted = 2 * self._noted, 0
        now = min(accept.plan.event.received_at for accept in accepts)
        with suppress(StoreUnavailableError):  # they go next time
            await self._connections.run(lambda it: PRUNE_DUPLICATES.run(it, now=now, limit=limit))


async def note(connection: Connection, accepts: Sequence[Accept]) -> Collection[str]:
    """Note the keys of duplicates; return the ids of the events that repeat no earlier one."""
    noted = [(accept.plan.event, accept.duplicate) for accept in accepts if accept.duplicate is not None]
    rows = await NOTE_EVENTS.rows(
        connection,
        keys=[duplicate.key for _, duplicate in noted],
        ids=[event.id for event, _ in noted],
        times=[event.received_at for event, _ in noted],
        expiries=[duplicate.until for _, duplicate in noted],
    )
    fresh = {key for (key,) in rows}
    repeating = {event.id for event, duplicate in noted if duplicate.key not in fresh}
    return {accept.plan.event.id for accept in accepts} - repeating


def noteworthy(accepts: Sequence[Accept]) -> Sequence[Accept]:
    """Leave out the keys of duplicates that have expired before anything can repeat them."""
    until: dict[str, float] = {}
    left: list[Accept] = []
    for plan, duplicate in accepts:
        at = plan.event.received_at
        if duplicate is not None and (duplicate.until <= at or until.setdefault(duplicate.key, duplicate.until) <= at):
            left.append(Accept(plan, None))
        else:
            left.append(Accept(plan, duplicate))
    return left


def repeats(accepts: Sequence[Accept]) -> Sequence[int]:
    """Return for each event the place of the one in the same group that it repeats; its own, if it repeats none."""
    first_with: dict[str, int] = {}
    places: list[int] = []
    for place, (_, duplicate) in enumerate(accepts):
        first = first_with.setdefault(duplicate.key, place) if duplicate is not None else place
        places.append(first)
    return places
