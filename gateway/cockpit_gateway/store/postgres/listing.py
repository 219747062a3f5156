"""Lists: newest first, page by page, each read along an index that fits what is asked for.

What no index finds is searched for: a bounded list looks at so many rows only, and says where it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.events import Event
from cockpit_gateway.store import steps
from cockpit_gateway.store.pages import End, number_below, of_events
from cockpit_gateway.store.postgres.reading import narrowed, values
from cockpit_gateway.store.postgres.rows import delivery_of, event_of
from cockpit_gateway.store.postgres.statements import Connection, Row, query, statement
from cockpit_gateway.store.postgres.stretch import stretch
from cockpit_gateway.store.records import DeliveryFilter, EventFilter, Page
from cockpit_gateway.store.ways import Place, by_events, is_search, ways_by_events, ways_to_deliveries, ways_to_events

EVENTS = statement("events", "event_columns", "about_event")
DELIVERIES = statement("deliveries", "delivery_columns", "about_delivery", "about_event")
DELIVERIES_OF_EVENTS = statement("deliveries_of_events", "delivery_columns", "about_delivery", "about_event")
END_OF_EVENTS = statement("end_of_events")
END_OF_DELIVERIES = statement("end_of_deliveries")
NUMBERS_OF = query("numbers_of")
PLACE_OF = query("place_of")
RECEIVED_AT = query("received_at")


async def events(connection: Connection, wanted: EventFilter) -> Page[Event, int]:
    """List events."""
    ways = ways_to_events(wanted)
    given: dict[str, Any] = values(wanted)
    given |= (await stretch(connection, wanted.since, wanted.until, wanted.before))._asdict()
    end = await _end_of_events(connection, ways, given) if wanted.bounded and is_search(wanted, ways) else None
    rows = await narrowed(EVENTS, **ways).rows(connection, **given, room=steps.LIST_ROOM)
    found = [event_of(row) for row in rows]
    return of_events(found, wanted, end)


async def deliveries(connection: Connection, wanted: DeliveryFilter) -> Page[Delivery, str]:
    """List deliveries."""
    numbers = [number for (number,) in await NUMBERS_OF.rows(connection, **values(wanted))]
    before = await _place(connection, wanted.before)
    given: dict[str, Any] = values(wanted) | {"number": numbers[0] if len(numbers) == 1 else None, "above": 0}
    above = None if before is None else before.seq + 1
    given |= (await stretch(connection, wanted.since, wanted.until, above))._asdict()
    given["below"] = number_below(before, given["last"])
    if not numbers or given["last"] < given["first"]:
        return Page()
    if by_events(wanted):
        return await _of_events(connection, wanted, given)
    ways = ways_to_deliveries(wanted, one_target=len(numbers) == 1)
    end: Row = ()
    if wanted.bounded and is_search(wanted, ways):
        window = {"window": steps.DELIVERIES_LOOKED_AT}
        end = await narrowed(END_OF_DELIVERIES, **ways).row(connection, **given, **window)
    if end:
        given["first"], given["above"] = end
    found = [delivery_of(row) for row in await narrowed(DELIVERIES, **ways).rows(connection, **given)]
    if len(found) == wanted.limit:
        return Page(found, await _after(connection, found[-1]))
    if not end:
        return Page(found)
    searched_to = await RECEIVED_AT.value(connection, seq=end[0])
    return Page(found, str(Place(end[0], end[1] + 1)), searched_to)


async def _of_events(connection: Connection, wanted: DeliveryFilter, given: dict[str, Any]) -> Page[Delivery, str]:
    """List the deliveries of events of a name, source or subject: the events are fewer."""
    ways = ways_by_events(wanted)
    end = await _end_of_events(connection, ways, given) if wanted.bounded and is_search(wanted, ways) else None
    found = [delivery_of(row) for row in await narrowed(DELIVERIES_OF_EVENTS, **ways).rows(connection, **given)]
    if len(found) == wanted.limit:
        return Page(found, await _after(connection, found[-1]))
    return Page(found) if end is None else Page(found, str(Place(end.seq + 1, 0)), end.received_at)


async def _end_of_events(connection: Connection, ways: Mapping[str, bool], given: dict[str, Any]) -> End | None:
    """Let a search look at so many events only; return the first that it does not look at, None if it gets to all."""
    row = await narrowed(END_OF_EVENTS, **ways).row(connection, **given, window=steps.EVENTS_LOOKED_AT)
    if not row:
        return None
    end = End(*row)
    given["first"] = end.seq + 1
    return end


async def _place(connection: Connection, before: str | None) -> Place | None:
    """Return the place that a page ends below; nothing is below one that is gone: the oldest go first."""
    if before is None:
        return None
    return Place.written(before) or Place(*(await PLACE_OF.row(connection, id=before) or (0, 0)))


async def _after(connection: Connection, delivery: Delivery) -> str:
    return str(await _place(connection, delivery.id) or Place(0, 0))
