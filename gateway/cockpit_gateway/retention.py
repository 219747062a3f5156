"""Upkeep of the store: what is old is deleted, and room is set aside for when the disk is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.config.models import RetentionSetting
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Retention
from cockpit_gateway.telemetry.metrics import Metrics

EVERY = 60.0
"""Seconds between two looks at what is kept."""

STEP = 50
"""Events that one transaction deletes: what comes in waits for it."""

BREATH = 0.02
"""Seconds between two steps, for what comes in."""

LONGEST_STRETCH = 500
"""Steps in which the file is shortened, after what was deleted."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Pruner:
    """Deletes what need not be kept.

    Args:
        store: Where it is kept.
        kept: What is to be kept.
        clock: The time.
        metrics: Counts what is deleted.
        mine: Tells whether this node is the one that does it for all on the same store.
    """

    def __init__(
        self,
        store: Store,
        kept: RetentionSetting,
        clock: Clock,
        metrics: Metrics,
        mine: Callable[[], bool],
    ) -> None:
        self._mine = mine
        self._store = store
        self.kept = kept
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Prune from time to time, until cancelled."""
        while True:
            try:
                self._metrics.reserve(await self._store.set_reserve_aside())
                if self._mine():
                    await self.prune()
                await self._store.prune_answers(now=self._clock.time())
            except GatewayError as error:
                log.warning("cannot delete what is old now, trying again", problem=str(error))
            except Exception:
                log.exception("cannot delete what is old now, trying again")
            await self._clock.sleep(EVERY)

    async def prune(self) -> int:
        """Delete everything that need not be kept now; return how many events that were."""
        deleted, after = 0, 0
        retention = Retention(self.kept.age, self.kept.rows, self.kept.size)
        while True:
            step = await self._store.prune(retention, now=self._clock.time(), after=after, step=STEP)
            deleted += step.events
            self._metrics.pruned(step.events)
            if step.last is None:
                break
            after = step.last
            await asyncio.sleep(BREATH)
        if deleted:
            log.info("deleted what need not be kept any longer", events=deleted)
            await self._shorten()
        return deleted

    async def _shorten(self) -> None:
        for _ in range(LONGEST_STRETCH):
            if not await self._store.shorten():
                return
            await asyncio.sleep(BREATH)
