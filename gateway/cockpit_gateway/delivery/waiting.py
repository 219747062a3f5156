"""What waits: counted often, for scrapes and pages, though counting takes longer the more it is."""

from __future__ import annotations

import time
from collections.abc import Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog

CHEAP = 0.005
"""Seconds; a count that takes longer is not made for whoever asks, but from time to time."""


class Waiting:
    """Counts what waits.

    Args:
        store: Where it waits.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: Mapping[TargetId, Backlog] = {}
        self._took = 0.0

    async def count(self) -> Mapping[TargetId, Backlog]:
        """Count."""
        began = time.perf_counter()
        self._counted = await self._store.backlog()
        self._took = time.perf_counter() - began
        return self._counted

    async def recent(self) -> Mapping[TargetId, Backlog]:
        """Return the last count if a new one would take long."""
        return await self.count() if self._took < CHEAP else self._counted
