"""Pages of lists: between which events they lie, where each ends, and where the next one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.events import Event
from cockpit_gateway.store import steps
from cockpit_gateway.store.records import EventFilter, Page
from cockpit_gateway.store.ways import Place

NO_END = 2**63 - 1
"""No seq and no number is higher."""

DISORDER = 60.0
"""Seconds by which an event may be accepted after one that was received later."""


class Stretch(NamedTuple):
    """Events from one seq to another, both included."""

    first: int
    last: int


class End(NamedTuple):
    """The first event that a search does not look at any more, and when it was received."""

    seq: int
    received_at: float


def of_events(found: Sequence[Event], wanted: EventFilter, end: End | None) -> Page[Event, int]:
    """Return a page: it is full with as many events as are wanted, or with bodies of so many bytes.

    Args:
        found: Its events.
        wanted: What is listed.
        end: Where the search for them ended, None if it got to all.
    """
    if len(found) == wanted.limit or sum(len(event.body) for event in found) >= steps.LIST_ROOM:
        return Page(found, found[-1].seq)
    return Page(found) if end is None else Page(found, end.seq + 1, end.received_at)


def number_below(before: Place | None, last: int) -> int:
    """Return below which number the deliveries of the last event of a stretch are, of a page before some place."""
    return NO_END if before is None or last < before.seq else before.number
