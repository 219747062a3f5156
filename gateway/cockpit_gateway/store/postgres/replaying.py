"""Replaying and cancelling: what it would come to, and the steps through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import uuid_utils

from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.errors import NotFoundError, StoreError
from cockpit_gateway.events import Event
from cockpit_gateway.store import steps
from cockpit_gateway.store.postgres.reading import narrowed, values
from cockpit_gateway.store.postgres.rows import event_of, target_id_of
from cockpit_gateway.store.postgres.statements import Connection, Query, query, statement
from cockpit_gateway.store.records import Cursor, DeliveryFilter, EventFilter, EventPage, NewDelivery, Step, Tally
from cockpit_gateway.store.ways import is_unsound, ways_to_tally

UNKNOWN_DELIVERIES = query("unknown_deliveries")
UNKNOWN_EVENTS = query("unknown_events")
LAST_DELIVERY = query("last_delivery")
LAST_EVENT = query("last_event")
TALLY = statement("tally", "about_delivery", "about_event")
WALK_DELIVERIES = statement("walk_deliveries", "about_delivery", "about_event")
TARGETS_OF = query("targets_of")
REPLAY = query("replay")
REPLACE = query("replace")
CANCEL = query("cancel")
WALK_EVENTS = statement("walk_events", "about_event")
EVENTS_OF = query("events_of", "event_columns")
DELIVERED_TO = query("delivered_to")
INSERT_REPLAYED = query("insert_replayed")

ENDED = (DeliveryState.DEAD, DeliveryState.SUPERSEDED, DeliveryState.CANCELLED)
"""The states that are indexed by order of acceptance."""


class Found(NamedTuple):
    """The deliveries of one step.

    Attributes:
        numbers: The deliveries, in order of acceptance.
        states: The states they must be in; None for any.
        following: Where the next step goes on.
    """

    numbers: Sequence[int]
    states: Sequence[str] | None
    following: Cursor | None


Change: TypeAlias = Callable[[Connection, Found, float], Awaitable[int]]
"""Changes what was found, at a time; returns how many it has changed."""


async def tally(connection: Connection, wanted: DeliveryFilter) -> Sequence[Tally]:
    """Count what a filter finds."""
    await _refuse_unknown(connection, UNKNOWN_DELIVERIES, "delivery", wanted.ids)
    rows = await narrowed(TALLY, **ways_to_tally(wanted)).rows(connection, **values(wanted))
    return [Tally(target_id_of(plugin, target), DeliveryState(state), *rest) for plugin, target, state, *rest in rows]


async def find(connection: Connection, wanted: DeliveryFilter, cursor: Cursor | None) -> Found:
    """Find the deliveries of the next step."""
    await _refuse_unknown(connection, UNKNOWN_DELIVERIES, "delivery", wanted.ids)
    begin = cursor or Cursor(0, 0, await LAST_DELIVERY.value(connection))
    walk_deliveries = narrowed(
        WALK_DELIVERIES,
        narrowed_to_ids=bool(wanted.ids),
        narrowed_to_event=wanted.event_id is not None,
        narrowed_to_end=len(wanted.states) == 1 and wanted.states[0] in ENDED,
    )
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.DELIVERIES}
    numbers, last_seq, looked_at, seq, number = await walk_deliveries.row(connection, **given)
    following = None
    if len(numbers) == steps.DELIVERIES:
        following = Cursor(last_seq, numbers[-1], begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(seq, number, begin.last)
    return Found(numbers, [*wanted.states] or None, following)


async def change(connection: Connection, found: Found, now: float, make: Change) -> Step:
    """Change what was found, as far as it is still there to be changed."""
    changed = await make(connection, found, now)
    rows = await TARGETS_OF.rows(connection, numbers=found.numbers)
    return Step(changed, len(found.numbers) - changed, [target_id_of(*row) for row in rows], found.following)


async def replay(connection: Connection, found: Found, now: float) -> int:
    """Make deliveries pending and due at once, on a fresh schedule; their attempts stay listed."""
    return await REPLAY.run(connection, **_given(found, now))


async def replace(connection: Connection, found: Found, now: float) -> int:
    """Put a new delivery in the place of each."""
    new_ids = [str(uuid_utils.uuid7()) for _ in found.numbers]
    return await REPLACE.run(connection, new_ids=new_ids, **_given(found, now))


async def cancel(connection: Connection, found: Found, now: float) -> int:
    """Cancel deliveries."""
    return await CANCEL.run(connection, **_given(found, now))


async def walk(connection: Connection, wanted: EventFilter, cursor: Cursor | None) -> EventPage:
    """Return the next page of events."""
    await refuse_unknown_events(connection, wanted.ids)
    begin = cursor or Cursor(0, 0, await LAST_EVENT.value(connection))
    page = narrowed(WALK_EVENTS, narrowed_to_event_ids=bool(wanted.ids), narrowed_to_status=is_unsound(wanted))
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.EVENTS_READ, "room": steps.ROOM}
    seqs, found, looked_at, last_looked_at = await page.row(connection, **given)
    following = None
    if found == steps.EVENTS_READ or found > len(seqs):
        following = Cursor(seqs[-1], 0, begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(last_looked_at, 0, begin.last)
    events = [event_of(row) for row in await EVENTS_OF.rows(connection, seqs=seqs)]
    return EventPage(events, await _delivered_to(connection, seqs), begin.last, following)


async def add(
    connection: Connection, numbers: Mapping[TargetId, int], event: Event, deliveries: Sequence[NewDelivery]
) -> None:
    """Write pending deliveries of a stored event."""
    added = await INSERT_REPLAYED.run(
        connection,
        new_ids=[delivery.id for delivery in deliveries],
        targets=[numbers[delivery.target_id] for delivery in deliveries],
        keys=[delivery.key for delivery in deliveries],
        times=[delivery.due_at for delivery in deliveries],
        size=len(event.body),
        seq=event.seq,
    )
    if added != len(deliveries):
        raise StoreError(f"there is no event {event.id} (any more)")


async def refuse_unknown_events(connection: Connection, ids: Sequence[str]) -> None:
    """Refuse the ids of events that do not exist."""
    await _refuse_unknown(connection, UNKNOWN_EVENTS, "event", ids)


async def _delivered_to(connection: Connection, seqs: Sequence[int]) -> Mapping[int, set[TargetId]]:
    delivered: dict[int, set[TargetId]] = {}
    for seq, plugin, target in await DELIVERED_TO.rows(connection, seqs=seqs):
        delivered.setdefault(seq, set()).add(target_id_of(plugin, target))
    return delivered


def _given(found: Found, now: float) -> dict[str, Any]:
    return {"numbers": found.numbers, "states": found.states, "now": now}


async def _refuse_unknown(connection: Connection, query: Query, noun: str, ids: Sequence[str]) -> None:
    if not ids:
        return
    unknown = [value for (value,) in await query.rows(connection, ids=[*ids])]
    if unknown:
        raise NotFoundError(f"there is no {noun} {', '.join(unknown)}")
