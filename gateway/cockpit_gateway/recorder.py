"""The recorder: counts what happens, and adds it to what the store keeps from time to time."""

from __future__ import annotations

import math
from collections import Counter

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.store.activity import MINUTE, Activity, Happening, SourceCell, TargetCell, bucket
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Settlement

EVERY = 5.0
"""Seconds between two additions to the store: so much of what was counted is lost if the process is killed."""

_ENDS = {DeliveryState.DELIVERED: Happening.DELIVERED, DeliveryState.DEAD: Happening.DEAD}


class Recorder:
    """Counts what happens.

    Args:
        store: Where the counts are kept.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sources: Counter[SourceCell] = Counter()
        self._targets: Counter[TargetCell] = Counter()

    def received(self, source: str, fate: str) -> None:
        """Count a POST that was let in, by what became of it."""
        self._sources[SourceCell(self._minute(), source, fate)] += 1

    def settled(self, settled: Settlement) -> None:
        """Count an attempt, and the end of its delivery if it was one."""
        delivery, attempt = settled.delivery, settled.attempt
        self._count(delivery.target_id, Happening.of_attempt(attempt.outcome), attempt.duration)
        if settled.state in _ENDS:
            # What a person has put back had its time before.
            began = delivery.fresh_at if delivery.fresh_from else delivery.created_at
            self._count(delivery.target_id, _ENDS[settled.state], attempt.started_at + attempt.duration - began)

    def died(self, target_id: TargetId, count: int) -> None:
        """Count deliveries that were given up without an attempt."""
        self._count(target_id, Happening.DEAD, 0.0, count)

    async def write(self) -> None:
        """Add what was counted to what the store keeps.

        Raises:
            StoreUnavailableError: not now; it is kept in mind.
        """
        sources, self._sources = self._sources, Counter()
        targets, self._targets = self._targets, Counter()
        if not sources and not targets:
            return
        try:
            await self._store.add_activity(Activity(sources, targets), now=self._clock.time())
        except Exception:
            self._sources.update(sources)
            self._targets.update(targets)
            raise

    def _count(self, target_id: TargetId, happening: Happening, seconds: float, count: int = 1) -> None:
        self._targets[TargetCell(target_id, self._minute(), happening, bucket(seconds))] += count

    def _minute(self) -> int:
        return math.floor(self._clock.time()) // MINUTE * MINUTE
