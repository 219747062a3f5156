"""Holds: targets are paused, disabled and let go, here or at another node."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.delivery.attempts import Attempts
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.store.port import Store
from cockpit_gateway.telemetry.metrics import Metrics


class Holds:
    """Holds targets, and lets them go.

    Args:
        store: Records which are held.
        clock: The time.
        metrics: Counts breakers that close.
        queues: The targets.
        attempts: Gives back what waits for one that is held.
        due: Is told of what one that is let go has to do.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        queues: Mapping[TargetId, TargetQueue],
        attempts: Attempts,
        due: DueTimes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._queues = queues
        self._attempts = attempts
        self._due = due

    async def hold(self, queue: TargetQueue, hold: Hold, reason: str | None) -> None:
        """Pause or disable a target; what is under way goes on."""
        await self._store.set_held(queue.target_id, hold, reason=reason, now=self._clock.time())
        await self._hold(queue, hold, reason)

    async def let_go(self, queue: TargetQueue) -> None:
        """Let a target's deliveries run again: no longer paused or disabled, its breaker closed."""
        await self._store.set_held(queue.target_id, None, reason=None, now=self._clock.time())
        self._let_go(queue)

    async def heed(self, target_id: TargetId | None = None) -> None:
        """Hold and let go here what was at another node.

        Args:
            target_id: The target; None for whichever is in another state than the store has recorded.
        """
        for state in await self._store.target_states():
            queue = self._queues.get(state.target_id)
            if queue is None or target_id not in (None, state.target_id):
                continue
            if state.held is not None and queue.held is None:
                await self._hold(queue, state.held, state.reason)
            elif state.held is None and (queue.held is not None or target_id is not None):
                self._let_go(queue)

    async def _hold(self, queue: TargetQueue, hold: Hold, reason: str | None) -> None:
        queue.held, queue.reason = hold, reason
        queue.health.forget()
        await self._attempts.give_back(queue)

    def _let_go(self, queue: TargetQueue) -> None:
        queue.held = queue.reason = None
        queue.health.forget()
        if queue.breaker is not None and queue.breaker.reset():
            self._metrics.breaker_changed(queue.target_id, "closed")
        self._attempts.enqueue(queue, ())
        self._due.expect(queue.target_id, self._clock.time())
