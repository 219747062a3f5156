"""Upkeep: what the dispatcher does from time to time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.delivery.waiting import Waiting
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.recorder import EVERY, Recorder
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog
from cockpit_gateway.targets import BacklogLimit
from cockpit_gateway.telemetry.metrics import Metrics

TRIM_EVERY = 10.0
"""Seconds between two looks at how much waits."""

TRIM_STEP = 10_000
"""Deliveries that one look finds."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Upkeep:
    """Keeps backlogs bounded, due times within reason, and counts written down.

    Args:
        store: What is kept up.
        clock: The time.
        metrics: Counts what is given up.
        queues: The targets.
        due: Is told what is due when others have been given up.
        recorder: Counts what is given up; what it has counted is written down.
        is_here: Tells whether this node bounds a target's backlog.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        queues: Mapping[TargetId, TargetQueue],
        due: DueTimes,
        recorder: Recorder,
        is_here: Callable[[TargetId], bool],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._queues = queues
        self._due = due
        self._is_here = is_here
        self.waiting = Waiting(store)
        self._recorder = recorder
        self.working = 0
        """What is being done now."""

    def services(self) -> list[Coroutine[object, object, None]]:
        """Return what is to run until the gateway stops."""
        return [
            self._repeat(TRIM_EVERY, self._trim),
            self._repeat(EVERY, self._recorder.write),
        ]

    async def clamp(self, target_ids: Collection[TargetId]) -> None:
        """See to it that nothing is due later than its target's longest delay from now, though the clock was turned."""
        now = self._clock.time()
        for target_id in target_ids:
            queue = self._queues.get(target_id)
            if queue is not None:
                await self._store.clamp_due(target_id, now + queue.target.longest_delay)

    async def _repeat(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._clock.sleep(seconds)
            self.working += 1
            try:
                await work()
            except GatewayError as error:
                log.warning("upkeep failed, trying again", problem=str(error))
            except Exception:
                log.exception("upkeep failed, trying again")
            finally:
                self.working -= 1

    async def _trim(self) -> None:
        now = self._clock.time()
        for target_id, backlog in (await self.waiting.count()).items():
            if not self._is_here(target_id):
                continue
            queue = self._queues.get(target_id)
            limit = BacklogLimit() if queue is None else queue.target.backlog
            if _exceeds(backlog, limit, now):
                await self._trim_target(target_id, limit, now)

    async def _trim_target(self, target_id: TargetId, limit: BacklogLimit, now: float) -> None:
        expired = overflow = 0
        while True:
            step = await self._store.trim(target_id, limit, now=now, step=TRIM_STEP)
            expired, overflow = expired + step.expired, overflow + step.overflow
            if step.expired + step.overflow < TRIM_STEP:
                break
        log.warning("deliveries are dead: too much waited", target=str(target_id), expired=expired, overflow=overflow)
        self._due.expect(target_id, now)  # what waited for them in their lanes
        self._metrics.died(target_id, "expired", expired)
        self._metrics.died(target_id, "overflow", overflow)
        self._recorder.died(target_id, expired + overflow)


def _exceeds(backlog: Backlog, limit: BacklogLimit, now: float) -> bool:
    return backlog.pending > limit.rows or backlog.size > limit.size or now - backlog.oldest_at > limit.age
