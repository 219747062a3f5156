"""Observers: plugins that are told what became of deliveries, without holding anything up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import structlog

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.registry import Implementation
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.threads import WorkerThreads, abandon

HOOK = "delivery_settled"

MOST_WAITING = 1000
"""Outcomes that wait for one observer; beyond that the newest are not told."""

PATIENCE = 2.0
"""Seconds at the end for what waits."""

TIMEOUT = 30.0
"""Seconds that an observer gets for one outcome."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Settled(NamedTuple):
    """An outcome to be told."""

    delivery: Delivery
    attempt: Attempt


class Observer:
    """Tells one plugin, one outcome after the other.

    Args:
        implementation: Its `delivery_settled`.
        context: Its context.
        threads: Where a `def` runs.
        metrics: Counts what is raised and what is not told.
    """

    def __init__(
        self, implementation: Implementation, context: PluginContext, threads: WorkerThreads, metrics: Metrics
    ) -> None:
        self._implementation = implementation
        self._context = context
        self._threads = threads
        self._metrics = metrics
        self._waiting: asyncio.Queue[Settled] = asyncio.Queue(MOST_WAITING)
        self.untold = 0
        """Outcomes that wait, the one that is being told included."""

    def tell(self, settled: Settled) -> None:
        """Have an outcome told, unless too many wait."""
        try:
            self._waiting.put_nowait(settled)
            self.untold += 1
        except asyncio.QueueFull:
            self._metrics.untold(self._implementation.plugin)
            log.debug("an outcome is not told, because too many wait", plugin=self._implementation.plugin)

    async def run(self) -> None:
        """Tell what waits, until cancelled."""
        while True:
            delivery, attempt = await self._waiting.get()
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self._call({"delivery": delivery, "attempt": attempt, "context": self._context})
            except Exception:
                log.exception("delivery_settled failed", plugin=self._implementation.plugin, delivery_id=delivery.id)
            finally:
                self.untold -= 1
                self._waiting.task_done()

    async def finish(self) -> None:
        """Wait until all that waits is told."""
        await self._waiting.join()

    async def _call(self, values: Mapping[str, object]) -> None:
        if self._implementation.is_async:
            await self._implementation.call(values)
        else:
            await self._threads.run(lambda: self._implementation.call(values))


class Observers:
    """Tells every observer.

    Args:
        observers: They.
    """

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = observers
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def idle(self) -> bool:
        """True if nothing waits to be told."""
        return not any(observer.untold for observer in self._observers)

    def start(self) -> None:
        """Begin to tell."""
        self._tasks = [asyncio.create_task(observer.run()) for observer in self._observers]

    async def stop(self) -> None:
        """Tell what waits, for a moment, and then no more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(observer.finish() for observer in self._observers))
        await abandon(self._tasks)

    def tell(self, settled: Settlement) -> None:
        """Have the end of an attempt told to all."""
        if not self._observers:
            return
        pending = settled.state is DeliveryState.PENDING
        delivery = replace(
            settled.delivery,
            state=settled.state,
            attempts=settled.attempt.number,
            due_at=settled.due_at if pending else settled.delivery.due_at,
            ended_at=None if pending else settled.attempt.started_at + settled.attempt.duration,
            reason=settled.reason,
        )
        for observer in self._observers:
            observer.tell(Settled(delivery, settled.attempt))
