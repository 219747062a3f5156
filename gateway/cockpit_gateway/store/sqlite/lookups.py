"""What is only looked up in a store: lists, single rows, counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cockpit_gateway.deliveries import Attempt, Delivery, TargetId
from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.activity import Cell, Period, SourceCell, TargetCell
from cockpit_gateway.store.records import Backlog, DeliveryFilter, EventFilter, Page, TargetState, Totals
from cockpit_gateway.store.sqlite import activity, listing, reading
from cockpit_gateway.store.sqlite.reader import Reader

_Result = TypeVar("_Result")


class Lookups:
    """The part of a store that only reads; see `Store` for its methods."""

    def __init__(self) -> None:
        self._reader: Reader | None = None

    async def target_states(self) -> Sequence[TargetState]:
        """Return every target's state."""
        return await self._read(reading.target_states)

    async def backlog(self) -> Mapping[TargetId, Backlog]:
        """Return what is pending."""
        return await self._read(reading.backlog)

    async def dead_letters(self) -> Mapping[TargetId, int]:
        """Count dead letters."""
        return await self._read(reading.dead_letters)

    async def totals(self) -> Totals:
        """Count rows."""
        return await self._read(reading.totals)

    async def source_activity(self, period: Period) -> Mapping[SourceCell, int]:
        """Return what was counted of every source."""
        return await self._read(lambda connection: activity.of_sources(connection, period))

    async def target_activity(self, period: Period, target_id: TargetId | None = None) -> Mapping[TargetCell, int]:
        """Return what was counted of each target, or of one."""
        return await self._read(lambda connection: activity.of_each_target(connection, period, target_id))

    async def all_targets_activity(self, period: Period) -> Mapping[Cell, int]:
        """Return what was counted of all targets together."""
        return await self._read(lambda connection: activity.of_all_targets(connection, period))

    async def events(self, wanted: EventFilter) -> Page[Event, int]:
        """List events."""
        return await self._read(lambda connection: listing.events(connection, wanted))

    async def event(self, event_id: str) -> Event:
        """Return one event."""
        return await self._read(lambda connection: reading.event(connection, event_id))

    async def deliveries(self, wanted: DeliveryFilter) -> Page[Delivery, str]:
        """List deliveries."""
        return await self._read(lambda connection: listing.deliveries(connection, wanted))

    async def delivery(self, delivery_id: str) -> Delivery:
        """Return one delivery."""
        return await self._read(lambda connection: reading.delivery(connection, delivery_id))

    async def held_back_by(self, delivery_id: str) -> Delivery | None:
        """Return what an ordered delivery waits for."""
        return await self._read(lambda connection: reading.held_back_by(connection, delivery_id))

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """Return a delivery's attempts."""
        return await self._read(lambda connection: reading.attempts(connection, delivery_id))

    async def batch(self, delivery_id: str) -> Sequence[Event]:
        """Return the events that a delivery carries."""
        return await self._read(lambda connection: reading.batch(connection, delivery_id))

    async def _read(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        return await read(self._reader, act)


async def read(reader: Reader | None, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
    """Return what a function reads.

    Raises:
        StoreUnavailableError: the store is closed.
    """
    if reader is None:
        raise StoreUnavailableError("the store is closed")
    return await reader.read(act)
