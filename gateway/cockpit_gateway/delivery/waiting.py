"""What waits: counted often, for scrapes and pages, though counting takes longer the more it is."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog

MOST_COUNTED = 10_000
"""Deliveries, some milliseconds of a processor; what is more is not counted for whoever asks, but from time to time."""


class Waiting:
    """Counts what waits.

    Args:
        store: Where it waits.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: Mapping[TargetId, Backlog] = {}

    async def count(self) -> Mapping[TargetId, Backlog]:
        """Count."""
        self._counted = await self._store.backlog()
        return self._counted

    async def recent(self) -> Mapping[TargetId, Backlog]:
        """Return the last count if a new one would take long."""
        many = sum(backlog.pending for backlog in self._counted.values()) > MOST_COUNTED
        return self._counted if many else await self.count()
