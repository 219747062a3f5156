"""What is only looked up in a store: lists, single rows, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from cockpit_gateway.deliveries import Attempt, Delivery, TargetId, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store.activity import Cell, Period, SourceCell, TargetCell
from cockpit_gateway.store.postgres import activity, endpoints, leasing, listing, purging, reading, replaying, storage
from cockpit_gateway.store.postgres.connections import Act, Connections
from cockpit_gateway.store.records import (
    Backlog,
    Cursor,
    DeliveryFilter,
    EventFilter,
    EventPage,
    Found,
    Page,
    StoredEndpoint,
    Tally,
    TargetState,
    Totals,
)

_Result = TypeVar("_Result")


class Lookups:
    """The part of a store that only reads; see `Store` for its methods.

    Args:
        connections: The database.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def leased(self, delivery_id: str) -> Work:
        """Return a leased delivery with its event."""
        return await self._read(lambda it: leasing.leased(it, delivery_id))

    async def tally(self, wanted: DeliveryFilter) -> Sequence[Tally]:
        """Count what a filter finds."""
        return await self._read(lambda it: replaying.tally(it, wanted))

    async def walk(self, wanted: EventFilter, cursor: Cursor | None = None) -> EventPage:
        """Return some of the events that a filter finds."""
        return await self._read(lambda it: replaying.walk(it, wanted, cursor))

    async def count(self, wanted: EventFilter, cursor: Cursor | None = None) -> Found:
        """Count some of the events that a filter finds."""
        return await self._read(lambda it: purging.count(it, wanted, cursor))

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        """Return what a plugin keeps."""
        return await self._read(lambda it: storage.get_value(it, plugin, key))

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        """List a plugin's keys."""
        return await self._read(lambda it: storage.list_keys(it, plugin, prefix, after, limit))

    async def endpoints(self) -> Sequence[StoredEndpoint]:
        """Return the endpoints that were made while the gateway ran."""
        return await self._read(endpoints.endpoints)

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
        return await self._read(lambda it: activity.of_sources(it, period))

    async def target_activity(self, period: Period, target_id: TargetId | None = None) -> Mapping[TargetCell, int]:
        """Return what was counted of each target, or of one."""
        return await self._read(lambda it: activity.of_each_target(it, period, target_id))

    async def all_targets_activity(self, period: Period) -> Mapping[Cell, int]:
        """Return what was counted of all targets together."""
        return await self._read(lambda it: activity.of_all_targets(it, period))

    async def events(self, wanted: EventFilter) -> Page[Event, int]:
        """List events."""
        return await self._read(lambda it: listing.events(it, wanted))

    async def event(self, event_id: str) -> Event:
        """Return one event."""
        return await self._read(lambda it: reading.event(it, event_id))

    async def deliveries(self, wanted: DeliveryFilter) -> Page[Delivery, str]:
        """List deliveries."""
        return await self._read(lambda it: listing.deliveries(it, wanted))

    async def delivery(self, delivery_id: str) -> Delivery:
        """Return one delivery."""
        return await self._read(lambda it: reading.delivery(it, delivery_id))

    async def held_back_by(self, delivery_id: str) -> Delivery | None:
        """Return what an ordered delivery waits for."""
        return await self._read(lambda it: reading.held_back_by(it, delivery_id))

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """Return a delivery's attempts."""
        return await self._read(lambda it: reading.attempts(it, delivery_id))

    async def batch(self, delivery_id: str) -> Sequence[Event]:
        """Return the events that a delivery carries."""
        return await self._read(lambda it: reading.batch(it, delivery_id))

    async def _read(self, act: Act[_Result]) -> _Result:
        return await self._connections.run(act)
