"""The dispatcher: hands leased deliveries to their plugins within each target's limits, and settles what comes back.

Deliveries reach it in two ways: from memory, leased by the commit that stored them, or claimed from the store when
they fall due. The store stays the truth; what is here can be lost at any instant.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import DeliveryState, Outcome, TargetId, Work
from cockpit_gateway.delivery.budget import TimeBudget
from cockpit_gateway.delivery.calls import Call
from cockpit_gateway.delivery.queue import CLAIM_SIZE, TargetQueue
from cockpit_gateway.delivery.verdict import Verdict, judge, settlement
from cockpit_gateway.errors import RAISED_BY_PLUGINS, StoreUnavailableError
from cockpit_gateway.store.port import NewDelivery, Settlement, Store
from cockpit_gateway.targets import Target
from cockpit_gateway.telemetry.metrics import Metrics

MEMORY_BUDGET = 32 * 1024 * 1024
"""Bytes of bodies that may wait in memory; beyond it deliveries wait in the store."""

LONGEST_NAP = 60.0
"""Seconds after which the clock is looked at again, in case it was turned."""

LEASE = 60.0
"""Seconds that this owner's leases live without a heartbeat."""

STORE_PAUSE = 1.0
"""Seconds before an outcome that the store could not take is offered again."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Dispatcher:
    """Makes the attempts.

    Args:
        store: Where deliveries are claimed and settled.
        clock: Tells when a delivery is due.
        metrics: Where attempts are counted.
    """

    def __init__(self, store: Store, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._queues: dict[TargetId, TargetQueue] = {}
        self._bytes = 0
        self._attempts: set[asyncio.Task[None]] = set()
        self._services: list[asyncio.Task[None]] = []
        self._look = asyncio.Event()
        self._stopping = False

    # Targets

    def register(self, plugin: str, target: Target, call: Call, slots: asyncio.Semaphore | None = None) -> None:
        """Add a target; see `TargetQueue` for the parameters."""
        target_id = TargetId(plugin, target.name)
        self._queues[target_id] = TargetQueue(target_id, target, call, slots, self._clock.time())

    def target(self, target_id: TargetId) -> Target | None:
        """Return a target's rules, None if there is no such target."""
        queue = self._queues.get(target_id)
        return None if queue is None else queue.target

    @property
    def targets(self) -> Mapping[TargetId, Target]:
        """Every target with its rules."""
        return {target_id: queue.target for target_id, queue in self._queues.items()}

    @property
    def running(self) -> int:
        """Attempts under way."""
        return sum(queue.running for queue in self._queues.values())

    def held(self, target_id: TargetId) -> str | None:
        """Return why a target's deliveries are passed by: "disabled" or "no target"; None if they are not."""
        queue = self._queues.get(target_id)
        if queue is None:
            return "no target"
        return "disabled" if queue.disabled else None

    def enable(self, target_id: TargetId) -> None:
        """Let a target's deliveries run again."""
        queue = self._queues.get(target_id)
        if queue is not None:
            queue.disabled = False
            self.expect(target_id, self._clock.time())

    # Deliveries coming in

    def admit(self, target_id: TargetId, size: int) -> bool:
        """Tell whether a new delivery may be committed as leased, and reserve its place.

        Args:
            target_id: Where it goes.
            size: Bytes of the event's body.
        """
        queue = self._queues.get(target_id)
        if queue is None or self._stopping or self._bytes + size > MEMORY_BUDGET:
            return False
        if not queue.may_admit(self._clock.time()):
            return False
        queue.admitted += 1
        self._bytes += size
        return True

    def withdraw(self, deliveries: Iterable[NewDelivery], size: int) -> None:
        """Give back the places of admitted deliveries whose commit did not come about."""
        for delivery in deliveries:
            if delivery.leased:
                self._queues[delivery.target_id].admitted -= 1
                self._bytes -= size

    def take(self, deliveries: Iterable[NewDelivery], work: Iterable[Work]) -> None:
        """Take committed deliveries, and attempt those that are leased as soon as the limits allow."""
        for delivery in deliveries:
            if not delivery.leased:
                wait = 0.0 if delivery.coalesce is None else delivery.coalesce.wait
                self.expect(delivery.target_id, delivery.due_at + wait)
        for item in work:
            queue = self._queues[item.delivery.target_id]
            queue.admitted -= 1
            self._enqueue(queue, [item])

    def expect(self, target_id: TargetId, due_at: float) -> None:
        """Note that the store holds a pending delivery of a target, due then."""
        queue = self._queues.get(target_id)
        if queue is not None:
            queue.expect(due_at)
            self._look.set()

    # Life

    async def recall(self) -> None:
        """Record the targets in the store, and learn which of them are disabled."""
        for state in await self._store.set_targets(
            {target_id: queue.target.fingerprint for target_id, queue in self._queues.items()}
        ):
            if state.target_id in self._queues:
                self._queues[state.target_id].disabled = state.disabled

    async def start(self) -> None:
        """Resume everything pending, and begin to claim what falls due."""
        await self.recall()
        await self._store.heartbeat(self._clock.time() + LEASE)
        for target_id, backlog in (await self._store.backlog()).items():
            self.expect(target_id, backlog.next_due)
        self._services = [asyncio.create_task(self._claim_forever()), asyncio.create_task(self._beat_forever())]

    async def stop(self, grace: float) -> None:
        """Start no more attempts, let those under way finish, and abandon the rest.

        What is abandoned stays leased; closing the store gives it back.

        Args:
            grace: Seconds that attempts get to finish.
        """
        self._stopping = True
        for service in self._services:
            service.cancel()
        await asyncio.gather(*self._services, return_exceptions=True)
        # Twice: the first cancellation of a blocking handler waits for its thread, the second abandons it.
        for patience in (grace, 1.0, 1.0):
            if self._attempts:
                await asyncio.wait(self._attempts, timeout=patience)
            for attempt in self._attempts:
                attempt.cancel()

    # Claiming

    async def _claim_forever(self) -> None:
        while True:
            self._look.clear()
            now = self._clock.time()
            claimable = [queue for queue in self._queues.values() if queue.may_claim(now)]
            if claimable:
                await self._claim_each(claimable, now)
            else:
                await self._nap(now)

    async def _claim_each(self, queues: Sequence[TargetQueue], now: float) -> None:
        try:
            await asyncio.gather(*(self._claim(queue, now) for queue in queues))
        except StoreUnavailableError as error:
            log.warning("cannot claim deliveries now", problem=str(error))
        except Exception:
            log.exception("claiming failed, trying again")  # without it nothing would be claimed until a restart
        else:
            return
        await self._clock.sleep(STORE_PAUSE)

    async def _claim(self, queue: TargetQueue, now: float) -> None:
        queue.next_due = None
        try:
            claimed = await self._store.claim(queue.target_id, now=now, limit=CLAIM_SIZE, ordered=queue.target.ordered)
        except Exception:
            queue.expect(now)
            raise
        if claimed.next_due is not None:
            queue.expect(claimed.next_due)
        self._bytes += sum(len(work.event.body) for work in claimed.work)
        self._enqueue(queue, claimed.work)

    async def _nap(self, now: float) -> None:
        dues = [queue.next_due for queue in self._queues.values() if queue.next_due is not None and not queue.disabled]
        future = [due for due in dues if due > now]
        seconds = min(min(future, default=now + LONGEST_NAP) - now, LONGEST_NAP)
        sleeper = asyncio.ensure_future(self._clock.sleep(seconds))
        looker = asyncio.ensure_future(self._look.wait())
        try:
            await asyncio.wait((sleeper, looker), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            looker.cancel()

    async def _beat_forever(self) -> None:
        while True:
            await self._clock.sleep(LEASE / 3)
            try:
                await self._store.heartbeat(self._clock.time() + LEASE)
            except Exception:
                log.exception("cannot extend the leases now")

    # Attempting

    def _enqueue(self, queue: TargetQueue, work: Sequence[Work]) -> None:
        queue.ready.extend(work)
        if queue.disabled:  # it was disabled while this was being committed or claimed
            self._run(self._give_back(queue))
        else:
            self._pump(queue)

    async def _give_back(self, queue: TargetQueue) -> None:
        """Give what waits in memory back to the store, where it is shown as held."""
        waiting = list(queue.ready)
        queue.ready.clear()
        self._bytes -= sum(len(work.event.body) for work in waiting)
        await self._store.release([work.delivery for work in waiting])
        queue.expect(self._clock.time())

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._attempts.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._stopping:
            log.error("an attempt could not be concluded, it is repeated after a restart", exc_info=error)

    def _pump(self, queue: TargetQueue) -> None:
        while queue.may_start() and not queue.waiting_for_token and not self._stopping:
            wait = queue.token(time.monotonic())
            if wait > 0:
                queue.waiting_for_token = True
                asyncio.get_running_loop().call_later(wait, self._pump_again, queue)
                return
            queue.running += 1
            self._run(self._attempt(queue, queue.ready.popleft()))

    def _pump_again(self, queue: TargetQueue) -> None:
        queue.waiting_for_token = False
        self._pump(queue)

    async def _attempt(self, queue: TargetQueue, work: Work) -> None:
        try:
            if queue.slots is None:
                ended = await self._call(queue, work)
            else:
                async with queue.slots:
                    ended = await self._call(queue, work)
        finally:
            queue.running -= 1
            self._bytes -= len(work.event.body)
            if queue.ready:
                self._pump(queue)
            if queue.next_due is not None:
                self._look.set()
        await self._conclude(queue, ended)

    async def _call(self, queue: TargetQueue, work: Work) -> tuple[Verdict, Settlement]:
        started_at = self._clock.time()
        began = time.perf_counter()
        self._store.mark_begun(work.delivery)
        verdict = await self._verdict(queue, work)
        duration = time.perf_counter() - began
        queue.disabled = queue.disabled or verdict.disable_target
        self._metrics.attempt(queue.target_id, verdict.outcome, duration)
        return verdict, settlement(work, verdict, queue.target, started_at=started_at, duration=duration)

    async def _verdict(self, queue: TargetQueue, work: Work) -> Verdict:
        budget = TimeBudget(queue.target.timeout)
        try:
            response = await queue.call(work)
        except asyncio.CancelledError:
            if budget.overrun:
                return judge(TimeoutError(), overrun=queue.target.timeout)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return Verdict(Outcome.RETRY, "the plugin cancelled its own attempt")
        except RAISED_BY_PLUGINS as error:
            return judge(error, queue.target.timeout if budget.overrun else None)
        finally:
            budget.end()
        return Verdict(Outcome.DELIVERED, response=response)

    async def _conclude(self, queue: TargetQueue, ended: tuple[Verdict, Settlement]) -> None:
        verdict, settled = ended
        delivery = settled.delivery
        if verdict.outcome is not Outcome.DELIVERED:
            log.warning(
                "attempt failed" if settled.state is DeliveryState.PENDING else "delivery is dead",
                event_id=delivery.event_id,
                delivery_id=delivery.id,
                target=str(queue.target_id),
                attempt=settled.attempt.number,
                reason=settled.reason,
            )
        await self._settle(settled)
        if verdict.outcome is Outcome.DELIVERED:
            self._metrics.delivered(queue.target_id, self._clock.time() - delivery.created_at)
        if verdict.disable_target:
            await self._disable(queue, verdict.reason or "asked never to be called again")
        if settled.state is DeliveryState.PENDING:
            self.expect(queue.target_id, settled.due_at)
        if queue.target.ordered:
            self.expect(queue.target_id, self._clock.time())

    async def _settle(self, settled: Settlement) -> None:
        while True:
            try:
                await self._store.settle(settled)
            except StoreUnavailableError as error:
                if self._stopping:
                    raise
                log.warning(
                    "cannot note an outcome now, trying again", delivery_id=settled.delivery.id, problem=str(error)
                )
                await self._clock.sleep(STORE_PAUSE)
            else:
                return

    async def _disable(self, queue: TargetQueue, reason: str) -> None:
        now = self._clock.time()
        await self._store.set_disabled(queue.target_id, disabled=True, reason=reason, now=now)
        await self._give_back(queue)
        log.error(
            "target disabled, its deliveries are held until it is enabled", target=str(queue.target_id), reason=reason
        )
