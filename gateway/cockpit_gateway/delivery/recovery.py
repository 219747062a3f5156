"""Recovery: what a process died in is tried again, one at a time, and for a while each attempt is begun with care."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.attempts import Attempts
from cockpit_gateway.delivery.insistence import Insistence
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.store.port import Store

CAREFUL_AFTER_A_CRASH = 60.0
"""Seconds after an unclean end in which the begin of each attempt is durable before it begins."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Recovery:
    """Tries suspects again, beside everything else.

    Args:
        store: Knows the suspects.
        clock: The time.
        queues: The targets.
        attempts: Makes the attempts.
        insist: Tries again what the store cannot take.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        queues: Mapping[TargetId, TargetQueue],
        attempts: Attempts,
        insist: Insistence,
    ) -> None:
        self._store = store
        self._clock = clock
        self._queues = queues
        self._attempts = attempts
        self._insist = insist
        self._suspects: asyncio.Queue[str] = asyncio.Queue()
        self._alarmed = asyncio.Event()

    def services(self) -> list[Coroutine[object, object, None]]:
        """Return what is to run until the gateway stops."""
        return [self._try_each(), self._calm_down()]

    def alarm(self) -> None:
        """Begin attempts with care from now on, and for a while."""
        self._attempts.careful = True
        self._alarmed.set()

    async def lease(self) -> None:
        """Lease the suspects that there are, so that nobody claims them; they are tried soon."""
        found = await self._store.suspects()
        for delivery_id in found:
            self._suspects.put_nowait(delivery_id)
        if found:
            self.alarm()

    async def _try_each(self) -> None:
        while True:
            delivery_id = await self._suspects.get()
            try:
                await self._insist.on(partial(self._try, delivery_id), "try a delivery again")
            except GatewayError:
                log.exception("cannot try a delivery again", delivery_id=delivery_id)

    async def _try(self, delivery_id: str) -> None:
        work = await self._store.leased(delivery_id)
        queue = self._queues.get(work.delivery.target_id)
        if queue is None:
            await self._store.release([work.delivery])
        elif await self._attempts.try_alone(queue, work).outlived():
            self._store.clear(work.delivery)

    async def _calm_down(self) -> None:
        while True:
            await self._alarmed.wait()
            self._alarmed.clear()
            await self._clock.sleep(CAREFUL_AFTER_A_CRASH)
            self._attempts.careful = self._alarmed.is_set()
