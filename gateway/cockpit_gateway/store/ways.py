"""Ways through lists: along which index what a filter asks for is read, and what has to be searched for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.events import EventStatus
from cockpit_gateway.store.records import DeliveryFilter, EventFilter

_PLACE = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """A place among the deliveries, by their events' seq and by their number."""

    seq: int
    number: int

    def __str__(self) -> str:
        return f"{self.seq}-{self.number}"

    @classmethod
    def written(cls, text: str) -> Place | None:
        """Return the place that a text stands for, None if it stands for none.

        Example:
            >>> Place.written(str(Place(7, 9)))
            Place(seq=7, number=9)
        """
        found = _PLACE.fullmatch(text)
        return found and cls(int(found[1]), int(found[2]))


def by_events(wanted: DeliveryFilter) -> bool:
    """Tell whether deliveries are found by their events: those are fewer."""
    about_event = wanted.name is not None or wanted.source is not None or wanted.subject is not None
    return about_event and not wanted.ids and wanted.event_id is None and _indexed_state(wanted) is None


def _indexed_state(wanted: DeliveryFilter) -> DeliveryState | None:
    """Return the state that is asked for if there is an index of it."""
    (state,) = wanted.states if len(wanted.states) == 1 else (None,)
    return None if state is DeliveryState.DELIVERED else state


def ways_to_events(wanted: EventFilter) -> dict[str, bool]:
    """Return which conditions on events are met along an index: of several, the rarest by experience."""
    ways = {
        "narrowed_to_event_ids": bool(wanted.ids),
        "narrowed_to_status": is_unsound(wanted),
        "narrowed_to_name": wanted.name is not None,
        "narrowed_to_source": wanted.source is not None,
    }
    chosen = next((way for way, holds in ways.items() if holds), None)
    return {way: way == chosen for way in ways}


def ways_to_deliveries(wanted: DeliveryFilter, *, one_target: bool) -> dict[str, bool]:
    """Return which conditions on deliveries are met along an index: of several, the rarest by experience."""
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


def ways_by_events(wanted: DeliveryFilter) -> dict[str, bool]:
    """Return which conditions on the events of deliveries are met along an index, where those are found by events."""
    return {
        "narrowed_to_name": wanted.name is not None,
        "narrowed_to_source": wanted.source is not None and wanted.name is None,
    }


def ways_to_tally(wanted: DeliveryFilter) -> dict[str, bool]:
    """Return for each condition on deliveries that has an index whether it is asked for."""
    return {
        "narrowed_to_ids": bool(wanted.ids),
        "narrowed_to_event": wanted.event_id is not None,
        "narrowed_to_target": wanted.plugin is not None and wanted.target is not None,
        "narrowed_to_state": len(wanted.states) == 1 and DeliveryState.DELIVERED not in wanted.states,
    }


def is_search(wanted: EventFilter | DeliveryFilter, ways: Mapping[str, bool]) -> bool:
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


def is_unsound(wanted: EventFilter) -> bool:
    """Tell whether events of a status are asked for that is indexed."""
    return wanted.status is not None and wanted.status is not EventStatus.ACCEPTED
