"""Lists: newest first, page by page, each read along an index that fits what is asked for.

What no index finds is searched for: a bounded list looks at so many rows only, and says where it goes on.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from cockpit_gateway.deliveries import Delivery, DeliveryState
from cockpit_gateway.events import Event
from cockpit_gateway.store.records import DeliveryFilter, EventFilter, Page
from cockpit_gateway.store.sqlite.reading import is_unsound, narrowed, values
from cockpit_gateway.store.sqlite.rows import delivery_of, event_of
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.sqlite.stretch import NO_END, stretch

EVENTS = statement("events", "event_columns", "about_event")
DELIVERIES = statement("deliveries", "delivery_columns", "about_delivery", "about_event")
DELIVERIES_OF_EVENTS = statement("deliveries_of_events", "delivery_columns", "about_delivery", "about_event")
END_OF_EVENTS = statement("end_of_events")
END_OF_DELIVERIES = statement("end_of_deliveries")
NUMBERS_OF = statement("numbers_of")
PLACE_OF = statement("place_of")
RECEIVED_AT = statement("received_at")

EVENTS_LOOKED_AT = 100_000
"""Events that a bounded list looks at: some 20 ms."""

DELIVERIES_LOOKED_AT = 10_000
"""Deliveries that a bounded list looks at, each with its event: some 20 ms."""

_PLACE = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """A place among the deliveries, by their events' seq and by their number."""

    seq: int
    number: int


class _End(NamedTuple):
    """The first event that a search does not look at any more, and when it was received."""

    seq: int
    received_at: float


def events(connection: sqlite3.Connection, wanted: EventFilter) -> Page[Event, int]:
    """List events."""
    ways = _ways_to_events(wanted)
    given: dict[str, Any] = values(wanted)
    given |= stretch(connection, wanted.since, wanted.until, wanted.before)._asdict()
    end = _end_of_events(connection, ways, given) if wanted.bounded and _is_search(wanted, ways) else None
    found = [event_of(row) for row in connection.execute(narrowed(EVENTS, **ways), given)]
    if len(found) == wanted.limit:
        return Page(found, found[-1].seq)
    return Page(found) if end is None else Page(found, end.seq + 1, end.received_at)


def deliveries(connection: sqlite3.Connection, wanted: DeliveryFilter) -> Page[Delivery, str]:
    """List deliveries."""
    numbers = [number for (number,) in connection.execute(NUMBERS_OF, values(wanted))]
    before = _place(connection, wanted.before)
    given: dict[str, Any] = values(wanted) | {"number": numbers[0] if len(numbers) == 1 else None, "above": 0}
    given |= stretch(connection, wanted.since, wanted.until, None if before is None else before.seq + 1)._asdict()
    given["below"] = NO_END if before is None or given["last"] < before.seq else before.number
    if not numbers or given["last"] < given["first"]:
        return Page()
    if _by_events(wanted):
        return _of_events(connection, wanted, given)
    ways = _ways_to_deliveries(wanted, one_target=len(numbers) == 1)
    end = None
    if wanted.bounded and _is_search(wanted, ways):
        values_of_end = given | {"window": DELIVERIES_LOOKED_AT}
        end = connection.execute(narrowed(END_OF_DELIVERIES, **ways), values_of_end).fetchone()
    if end is not None:
        given["first"], given["above"] = end
    found = [delivery_of(row) for row in connection.execute(narrowed(DELIVERIES, **ways), given)]
    if len(found) == wanted.limit:
        return Page(found, _after(connection, found[-1]))
    if end is None:
        return Page(found)
    (searched_to,) = connection.execute(RECEIVED_AT, end[:1]).fetchone()
    return Page(found, f"{end[0]}-{end[1] + 1}", searched_to)


def _of_events(connection: sqlite3.Connection, wanted: DeliveryFilter, given: dict[str, Any]) -> Page[Delivery, str]:
    """List the deliveries of events of a name, source or subject: the events are fewer."""
    ways = {"narrowed_to_name": wanted.name is not None}
    ways["narrowed_to_source"] = wanted.source is not None and wanted.name is None
    end = _end_of_events(connection, ways, given) if wanted.bounded and _is_search(wanted, ways) else None
    found = [delivery_of(row) for row in connection.execute(narrowed(DELIVERIES_OF_EVENTS, **ways), given)]
    if len(found) == wanted.limit:
        return Page(found, _after(connection, found[-1]))
    return Page(found) if end is None else Page(found, f"{end.seq + 1}-0", end.received_at)


def _end_of_events(connection: sqlite3.Connection, ways: Mapping[str, bool], given: dict[str, Any]) -> _End | None:
    """Let a search look at so many events only; return the first that it does not look at, None if it gets to all."""
    window = {"window": EVENTS_LOOKED_AT}
    row = connection.execute(narrowed(END_OF_EVENTS, **ways), given | window).fetchone()
    if row is None:
        return None
    end = _End(*row)
    given["first"] = end.seq + 1
    return end


def _by_events(wanted: DeliveryFilter) -> bool:
    about_event = wanted.name is not None or wanted.source is not None or wanted.subject is not None
    return about_event and not wanted.ids and wanted.event_id is None and _indexed_state(wanted) is None


def _indexed_state(wanted: DeliveryFilter) -> DeliveryState | None:
    """Return the state that is asked for if there is an index of it."""
    (state,) = wanted.states if len(wanted.states) == 1 else (None,)
    return None if state is DeliveryState.DELIVERED else state


def _ways_to_events(wanted: EventFilter) -> dict[str, bool]:
    """Return which conditions on events are met along an index: of several, the rarest by experience."""
    ways = {
        "narrowed_to_event_ids": bool(wanted.ids),
        "narrowed_to_status": is_unsound(wanted),
        "narrowed_to_name": wanted.name is not None,
        "narrowed_to_source": wanted.source is not None,
    }
    chosen = next((way for way, holds in ways.items() if holds), None)
    return {way: way == chosen for way in ways}


def _ways_to_deliveries(wanted: DeliveryFilter, *, one_target: bool) -> dict[str, bool]:
    state = _indexed_state(wanted)
    both = one_target and state not in (None, DeliveryState.RUNNING)
    ways = {
        "narrowed_to_ids": bool(wanted.ids),
        "narrowed_to_event": wanted.event_id is not None,
        "narrowed_to_number_and_state": both,
        "narrowed_to_state": state is not None,
        "narrowed_to_number": one_target and (wanted.plugin is not None or wanted.target is not None),
    }
    chosen = next((way for way, holds in ways.items() if holds), None)
    return {way: way == chosen for way in ways}


def _is_search(wanted: EventFilter | DeliveryFilter, ways: Mapping[str, bool]) -> bool:
    """Tell whether rows are looked at that may not be wanted."""
    if any(ways.get(way) for way in ("narrowed_to_ids", "narrowed_to_event_ids", "narrowed_to_event")):
        return False
    asked = {"narrowed_to_name": wanted.name, "narrowed_to_source": wanted.source, "subject": wanted.subject}
    if isinstance(wanted, EventFilter):
        asked["narrowed_to_status"] = wanted.status if is_unsound(wanted) else None
    else:
        rarer = [state for state in wanted.states if state is not DeliveryState.DELIVERED]
        asked["narrowed_to_state"] = next(iter(rarer), None)
        asked["narrowed_to_number"] = wanted.plugin or wanted.target
    met = {way for way, holds in ways.items() if holds}
    if "narrowed_to_number_and_state" in met:
        met |= {"narrowed_to_number", "narrowed_to_state"}
    return any(value is not None and way not in met for way, value in asked.items())


def _place(connection: sqlite3.Connection, before: str | None) -> Place | None:
    """Return the place that a page ends below; nothing is below one that is gone: the oldest go first."""
    if before is None:
        return None
    if place := _PLACE.fullmatch(before):
        return Place(int(place[1]), int(place[2]))
    return Place(*(connection.execute(PLACE_OF, (before,)).fetchone() or (0, 0)))


def _after(connection: sqlite3.Connection, delivery: Delivery) -> str:
    place = _place(connection, delivery.id) or Place(0, 0)
    return f"{place.seq}-{place.number}"
