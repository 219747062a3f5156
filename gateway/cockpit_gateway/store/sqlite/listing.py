"""Lists: newest first, page by page, each read along an index that fits what is asked for.

What no index finds is searched for: a bounded list looks at so many rows only, and says where it goes on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.events import Event
from cockpit_gateway.store import steps
from cockpit_gateway.store.pages import End, number_below, of_events
from cockpit_gateway.store.records import DeliveryFilter, EventFilter, Page
from cockpit_gateway.store.sqlite.reading import narrowed, values
from cockpit_gateway.store.sqlite.rows import delivery_of, event_of
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.sqlite.stretch import stretch
from cockpit_gateway.store.ways import Place, by_events, is_search, ways_by_events, ways_to_deliveries, ways_to_events

EVENTS = statement("events", "event_columns", "about_event")
DELIVERIES = statement("deliveries", "delivery_columns", "about_delivery", "about_event")
DELIVERIES_OF_EVENTS = statement("deliveries_of_events", "delivery_columns", "about_delivery", "about_event")
END_OF_EVENTS = statement("end_of_events")
END_OF_DELIVERIES = statement("end_of_deliveries")
NUMBERS_OF = statement("numbers_of")
PLACE_OF = statement("place_of")
RECEIVED_AT = statement("received_at")


def events(connection: sqlite3.Connection, wanted: EventFilter) -> Page[Event, int]:
    """List events."""
    ways = ways_to_events(wanted)
    given: dict[str, Any] = values(wanted)
    given |= stretch(connection, wanted.since, wanted.until, wanted.before)._asdict()
    end = _end_of_events(connection, ways, given) if wanted.bounded and is_search(wanted, ways) else None
    found = list(_within(steps.LIST_ROOM, map(event_of, connection.execute(narrowed(EVENTS, **ways), given))))
    return of_events(found, wanted, end)


def _within(room: int, events: Iterator[Event]) -> Iterator[Event]:
    """Yield events until their bodies have so many bytes together, one at least."""
    for event in events:
        yield event
        room -= len(event.body)
        if room <= 0:
            return


def deliveries(connection: sqlite3.Connection, wanted: DeliveryFilter) -> Page[Delivery, str]:
    """List deliveries."""
    numbers = [number for (number,) in connection.execute(NUMBERS_OF, values(wanted))]
    before = _place(connection, wanted.before)
    given: dict[str, Any] = values(wanted) | {"number": numbers[0] if len(numbers) == 1 else None, "above": 0}
    given |= stretch(connection, wanted.since, wanted.until, None if before is None else before.seq + 1)._asdict()
    given["below"] = number_below(before, given["last"])
    if not numbers or given["last"] < given["first"]:
        return Page()
    if by_events(wanted):
        return _of_events(connection, wanted, given)
    ways = ways_to_deliveries(wanted, one_target=len(numbers) == 1)
    end = None
    if wanted.bounded and is_search(wanted, ways):
        values_of_end = given | {"window": steps.DELIVERIES_LOOKED_AT}
        end = connection.execute(narrowed(END_OF_DELIVERIES, **ways), values_of_end).fetchone()
    if end is not None:
        given["first"], given["above"] = end
    found = [delivery_of(row) for row in connection.execute(narrowed(DELIVERIES, **ways), given)]
    if len(found) == wanted.limit:
        return Page(found, _after(connection, found[-1]))
    if end is None:
        return Page(found)
    (searched_to,) = connection.execute(RECEIVED_AT, end[:1]).fetchone()
    return Page(found, str(Place(end[0], end[1] + 1)), searched_to)


def _of_events(connection: sqlite3.Connection, wanted: DeliveryFilter, given: dict[str, Any]) -> Page[Delivery, str]:
    """List the deliveries of events of a name, source or subject: the events are fewer."""
    ways = ways_by_events(wanted)
    end = _end_of_events(connection, ways, given) if wanted.bounded and is_search(wanted, ways) else None
    found = [delivery_of(row) for row in connection.execute(narrowed(DELIVERIES_OF_EVENTS, **ways), given)]
    if len(found) == wanted.limit:
        return Page(found, _after(connection, found[-1]))
    return Page(found) if end is None else Page(found, str(Place(end.seq + 1, 0)), end.received_at)


def _end_of_events(connection: sqlite3.Connection, ways: Mapping[str, bool], given: dict[str, Any]) -> End | None:
    """Let a search look at so many events only; return the first that it does not look at, None if it gets to all."""
    window = {"window": steps.EVENTS_LOOKED_AT}
    row = connection.execute(narrowed(END_OF_EVENTS, **ways), given | window).fetchone()
    if row is None:
        return None
    end = End(*row)
    given["first"] = end.seq + 1
    return end


def _place(connection: sqlite3.Connection, before: str | None) -> Place | None:
    """Return the place that a page ends below; nothing is below one that is gone: the oldest go first."""
    if before is None:
        return None
    return Place.written(before) or Place(*(connection.execute(PLACE_OF, (before,)).fetchone() or (0, 0)))


def _after(connection: sqlite3.Connection, delivery: Delivery) -> str:
    return str(_place(connection, delivery.id) or Place(0, 0))
