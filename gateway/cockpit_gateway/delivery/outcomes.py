"""Outcomes: from the end of an attempt to what is written, and what follows for its target."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import DeliveryState, Hold, Outcome, TargetId
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.insistence import Insistence
from cockpit_gateway.delivery.lease import Lease
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.delivery.verdict import Verdict
from cockpit_gateway.errors import LeaseLostError, StoreError, StoreUnavailableError
from cockpit_gateway.events import JSONValue
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.telemetry.metrics import Metrics

FAILING = "gateway.target.failing"
DISABLED = "gateway.target.disabled"

Announce: TypeAlias = Callable[[str, Sequence[JSONValue]], Awaitable[None]]
"""Makes an event of the gateway's own, of a name and arguments."""

Disable: TypeAlias = Callable[[TargetId, Hold, str], Awaitable[None]]
"""Holds a target's deliveries, for a reason."""

Observe: TypeAlias = Callable[[Settlement], None]
"""Is told the end of an attempt, once it is durable."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Outcomes:
    """Writes outcomes and draws the consequences.

    Args:
        store: Where they are written.
        lease: Whoever has lost it writes none.
        clock: The time.
        metrics: Where they are counted.
        due: Is told when the store holds something due.
        hold: Disables a target.
        announce: Tells of a target that fails.
        insist: Tries again what the store cannot take.
        observe: Is told what was written.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        clock: Clock,
        metrics: Metrics,
        due: DueTimes,
        hold: Disable,
        announce: Announce,
        insist: Insistence,
        observe: Observe,
    ) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._metrics = metrics
        self._due = due
        self._hold = hold
        self._announce = announce
        self._insist = insist
        self._observe = observe

    async def conclude(self, queue: TargetQueue, verdict: Verdict, settled: Settlement) -> None:
        """Write an outcome, and draw the consequences."""
        if verdict.outcome is not Outcome.DELIVERED:
            _log_failure(queue, settled)
        await self._settle(settled)
        self._observe(settled)
        delivery = settled.delivery
        if settled.state is DeliveryState.DELIVERED:
            since = delivery.fresh_at if delivery.fresh_from else delivery.created_at
            self._metrics.delivered(queue.target_id, self._clock.time() - since)
        if settled.state is DeliveryState.DEAD:
            self._metrics.died(queue.target_id, "rejected" if verdict.outcome is Outcome.REJECTED else "gave up")
        if settled.state is DeliveryState.PENDING:
            self._due.expect(queue.target_id, settled.due_at)
        if queue.target.ordered:
            self._due.expect(queue.target_id, self._clock.time())
        await self._watch_health(queue, verdict)

    async def _settle(self, settled: Settlement) -> None:
        term = self._lease.term

        async def settle() -> None:
            if self._lease.term != term:
                raise LeaseLostError("its lease was lost before its outcome could be written")
            await self._store.settle(settled)

        try:
            await self._insist.on(settle, "note an outcome")
        except (StoreUnavailableError, LeaseLostError):
            raise
        except StoreError:
            log.exception("an outcome could not be written as it is", delivery_id=settled.delivery.id)
            plain = replace(settled.attempt, reason="what came out could not be written", response=None)
            await self._store.settle(settled._replace(attempt=plain, reason=settled.reason and plain.reason))

    async def _watch_health(self, queue: TargetQueue, verdict: Verdict) -> None:
        """Warn of a target that does nothing but fail, and disable it when its patience is used up."""
        if queue.gone:
            return
        if verdict.disable_target:
            await self._disable(queue, verdict.reason or "asked never to be called again")
        elif verdict.outcome is not Outcome.RETRY:
            if queue.health.succeeded():
                await self._note_failing(queue)
        elif (share := queue.health.failed(self._clock.steady())) is not None:
            await self._note_failing(queue)
            if share < 1.0:
                await self._warn(queue, share, verdict.reason)
            elif queue.held is None:
                time = timedelta(seconds=round(queue.target.patience))
                await self._disable(queue, f"nothing but failures for {time}, the last: {verdict.reason}")

    async def _note_failing(self, queue: TargetQueue) -> None:
        seconds = queue.health.failing_for
        await self._insist.on(lambda: self._store.note_failing(queue.target_id, seconds), "note that a target fails")

    async def _warn(self, queue: TargetQueue, share: float, reason: str | None) -> None:
        percent, rest = round(share * 100), queue.target.patience * (1 - share)
        log.warning(
            "target does nothing but fail, it will be disabled",
            target=str(queue.target_id),
            percent=percent,
            seconds_left=round(rest),
            reason=reason,
        )
        await self._announce(FAILING, [*queue.target_id, percent, reason])

    async def _disable(self, queue: TargetQueue, reason: str) -> None:
        await self._insist.on(lambda: self._hold(queue.target_id, Hold.DISABLED, reason), "disable a target")
        log.error(
            "target disabled, its deliveries are held until it is enabled", target=str(queue.target_id), reason=reason
        )
        await self._announce(DISABLED, [*queue.target_id, reason])


def _log_failure(queue: TargetQueue, settled: Settlement) -> None:
    log.warning(
        "attempt failed" if settled.state is DeliveryState.PENDING else "delivery is dead",
        event_id=settled.delivery.event_id,
        delivery_id=settled.delivery.id,
        target=str(queue.target_id),
        attempt=settled.attempt.number,
        reason=settled.reason,
    )
