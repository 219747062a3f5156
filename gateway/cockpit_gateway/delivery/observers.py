"""Observers: plugins that are told what became of deliveries, without holding anything up."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import structlog

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState
from cockpit_gateway.hosting import Host, Plugins
from cockpit_gateway.registry import Implementation
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.threads import abandon

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
        host: Calls it.
        metrics: Counts what is raised and what is not told.
    """

    def __init__(self, implementation: Implementation, host: Host, metrics: Metrics) -> None:
        self._implementation = implementation
        self.host = host
        self._metrics = metrics
        self._task: asyncio.Task[None] | None = None
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

    def start(self) -> None:
        """Begin to tell, unless that has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def finish(self) -> None:
        """Wait until all that waits is told."""
        await self._waiting.join()

    async def stop(self) -> None:
        """Tell no more."""
        if self._task is not None:
            await abandon([self._task])

    async def _run(self) -> None:
        while True:
            delivery, attempt = await self._waiting.get()
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self.host.run(self._implementation, {"delivery": delivery, "attempt": attempt})
            except Exception:
                log.exception("delivery_settled failed", plugin=self._implementation.plugin, delivery_id=delivery.id)
            finally:
                self.untold -= 1
                self._waiting.task_done()


class Observers:
    """Tells every observer."""

    def __init__(self) -> None:
        self._observers: list[Observer] = []
        self._begun = False

    @property
    def idle(self) -> bool:
        """True if nothing waits to be told."""
        return not any(observer.untold for observer in self._observers)

    def adopt(self, plugins: Plugins, metrics: Metrics) -> list[Observer]:
        """Tell the plugins that there are now; an observer whose plugin stays as it is goes on.

        Returns:
            The observers that are not told any more; what waits for them is told yet.
        """
        before = {observer.host: observer for observer in self._observers}
        self._observers = []
        for found in plugins.registry.implementations(HOOK):
            host = plugins.host(found)
            kept = before.pop(host) if host in before else Observer(found, host, metrics)
            self._observers.append(kept)
        if self._begun:
            self.start()
        return list(before.values())

    def start(self) -> None:
        """Begin to tell, those that come later, too."""
        self._begun = True
        for observer in self._observers:
            observer.start()

    async def stop(self) -> None:
        """Tell what waits, for a moment, and then no more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(observer.finish() for observer in self._observers))
        await asyncio.gather(*(observer.stop() for observer in self._observers))

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
