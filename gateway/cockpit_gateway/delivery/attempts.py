"""Attempts: hands leased deliveries to their plugins, as the limits of their targets allow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext, suppress
from contextvars import Context
from typing import TypeAlias

import structlog

from cockpit_gateway.clock import Clock, JumpWatch
from cockpit_gateway.deliveries import Cause, Delivery, Hold, Outcome, Work
from cockpit_gateway.delivery.breaker import CircuitBreaker
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.echoes import EchoWatch
from cockpit_gateway.delivery.insistence import Insistence
from cockpit_gateway.delivery.lease import Lease
from cockpit_gateway.delivery.memory import Memory
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.delivery.suspects import Trial
from cockpit_gateway.delivery.verdict import Verdict, judge, settlement, sound
from cockpit_gateway.errors import RAISED_BY_PLUGINS, LeaseLostError, StoreError, StoreUnavailableError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Settlement
from cockpit_gateway.telemetry.context import context_of
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.spans import Attributes, Kind, Span, Spans

Conclude: TypeAlias = Callable[[TargetQueue, Verdict, Settlement], Awaitable[None]]
"""Writes an outcome and draws the consequences."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _NotBegunError(Exception):
    """Before an attempt began, its target went, or the lease ran out."""


class Attempts:
    """Makes the attempts.

    Args:
        store: Where their begin is noted, and where deliveries are given back to.
        lease: Without it, none begins.
        clock: The time.
        jumps: By its time the next attempt is due: it changes when what waits in the store is moved.
        metrics: Where attempts are counted.
        memory: Counts the bytes of the bodies at hand.
        echoes: Is told what begins.
        conclude: Gets what came out.
        due: Is told what there is to claim.
        insist: Tries again what the store cannot take.
        spans: Are told of each attempt.
        hide: Takes secrets out of what a plugin's error says.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        clock: Clock,
        jumps: JumpWatch,
        metrics: Metrics,
        memory: Memory,
        echoes: EchoWatch,
        conclude: Conclude,
        due: DueTimes,
        insist: Insistence,
        spans: Spans,
        hide: Callable[[str], str],
    ) -> None:
        self._hide = hide
        self._spans = spans
        self._store = store
        self._lease = lease
        self._clock = clock
        self._jumps = jumps
        self._metrics = metrics
        self._memory = memory
        self._echoes = echoes
        self._conclude = conclude
        self._due = due
        self._insist = insist
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()
        self._trials: dict[str, Trial] = {}
        self.careful = False
        """True to have the begin of each attempt durable before it begins."""
        self.stopping = False

    @property
    def busy(self) -> bool:
        """True while an attempt, or what follows from one, is under way."""
        return bool(self._tasks)

    def enqueue(self, queue: TargetQueue, work: Sequence[Work]) -> None:
        """Take leased deliveries, whose bytes have been counted, and attempt them as soon as the limits allow."""
        queue.ready.extend(work)
        if queue.allows(self._clock.steady()):
            self.pump(queue)
        else:  # it was held while this was being committed or claimed
            self.run(self.give_back(queue))

    def try_alone(self, queue: TargetQueue, work: Work) -> Trial:
        """Attempt a suspect before everything else that waits for its target."""
        trial = self._trials[work.delivery.id] = Trial()
        self._memory.take(queue.target_id, work.delivery.size)
        queue.ready.appendleft(work)
        self.enqueue(queue, ())
        return trial

    def pump(self, queue: TargetQueue) -> None:
        """Begin as many attempts as the limits allow."""
        while queue.ready and queue.token_at is None and self._lease.holds and not self.stopping:
            steady = self._clock.steady()
            if not queue.may_start(steady):
                return
            wait = queue.token(steady)
            if wait > 0:
                queue.token_at = steady + wait
                self._wait_for_token(queue, wait)
                return
            queue.running += 1
            breaker = queue.breaker
            probe = breaker is not None and breaker.begin()
            work = queue.ready.popleft()
            self.run(self._attempt(queue, work, breaker, probe=probe), _context_of(work))

    async def give_back(self, queue: TargetQueue) -> None:
        """Give what waits in memory back to the store, where it is shown as held."""
        waiting = list(queue.ready)
        queue.ready.clear()
        for work in waiting:
            self._memory.give(queue.target_id, work.delivery.size)
            self._end_trial(work.delivery)
        if waiting and not self.stopping:
            deliveries = [work.delivery for work in waiting]
            term = self._lease.term

            async def release() -> None:
                if self._lease.term == term:  # else they were freed, and may be leased again
                    await self._store.release(deliveries)

            with suppress(StoreUnavailableError):  # the gateway stops: closing the store gives them back
                await self._insist.on(release, "give deliveries back")
        self._due.expect(queue.target_id, self._clock.time())

    def forget(self, queue: TargetQueue) -> None:
        """Drop what waits in memory: its lease was lost, and others attempt it."""
        while queue.ready:
            work = queue.ready.popleft()
            self._memory.give(queue.target_id, work.delivery.size)
            self._end_trial(work.delivery)

    async def test(self, queue: TargetQueue, work: Work) -> tuple[Verdict, float]:
        """Call a target once, whatever holds it, and write nothing; return what came out, and the seconds it took."""
        began = time.perf_counter()
        verdict = await asyncio.create_task(self._verdict(queue, work), context=_context_of(work))
        return verdict, time.perf_counter() - began

    def run(self, work: Coroutine[object, object, None], context: Context | None = None) -> None:
        """Run something that has to be over before the gateway stops."""
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def stop(self, grace: float) -> None:
        """Begin no more attempts, let those under way finish, and abandon the rest.

        What is abandoned stays leased; closing the store gives it back.

        Args:
            grace: Seconds that attempts get to finish.
        """
        self.stopping = True
        for waiting in self._waiting:
            waiting.cancel()
        # Twice: the first cancellation of a blocking handler waits for its thread, the second abandons it.
        for patience in (grace, 1.0, 1.0):
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=patience)
            for task in self._tasks:
                task.cancel()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.stopping:
            log.error("an attempt could not be concluded, it is repeated after a restart", exc_info=error)

    def _wait_for_token(self, queue: TargetQueue, seconds: float) -> None:
        def go_on(waited: asyncio.Task[None]) -> None:
            self._waiting.discard(waited)
            if not waited.cancelled():
                queue.token_at = None
                self.pump(queue)

        waiting = asyncio.create_task(self._clock.sleep(seconds))
        self._waiting.add(waiting)
        waiting.add_done_callback(go_on)

    async def _attempt(self, queue: TargetQueue, work: Work, breaker: CircuitBreaker | None, *, probe: bool) -> None:
        term = self._lease.term
        try:
            async with queue.slots or nullcontext():
                verdict, settled = await self._call(queue, work)
        except _NotBegunError:
            self._leave(queue, work, breaker, None, probe=probe)
            if term == self._lease.term:  # it may be extended yet
                self._memory.take(queue.target_id, work.delivery.size)
                queue.ready.appendleft(work)
                self.enqueue(queue, ())
            return
        except BaseException:
            self._leave(queue, work, breaker, None, probe=probe)
            raise
        self._leave(queue, work, breaker, verdict, probe=probe)
        try:
            if term == self._lease.term:
                await self._conclude(queue, verdict, settled)
            else:
                self._disown(work, "the lease was lost while it was under way")
        except LeaseLostError as error:
            self._disown(work, str(error))
        finally:
            if self._trials:
                self._acquit(work.delivery)

    def _disown(self, work: Work, problem: str) -> None:
        self._metrics.disowned(work.delivery.target_id)
        log.warning("an attempt does not count, it may be made again", delivery_id=work.delivery.id, problem=problem)

    def _leave(
        self, queue: TargetQueue, work: Work, breaker: CircuitBreaker | None, verdict: Verdict | None, *, probe: bool
    ) -> None:
        """Make room for the next attempt; no verdict for one that ended without an outcome."""
        queue.running -= 1
        starved = not self._memory.room_for(queue.target_id)
        self._memory.give(queue.target_id, work.delivery.size)
        if breaker is not None and breaker is queue.breaker:  # else it belongs to where the target was before
            self._tell_breaker(queue, breaker, verdict, probe=probe)
        if queue.ready:
            self.pump(queue)
        if starved or queue.next_due is not None:
            self._due.changed.set()

    async def _call(self, queue: TargetQueue, work: Work) -> tuple[Verdict, Settlement]:
        await self._begin(work)
        if queue.gone or not self._lease.holds:  # it waited for its turn, or the process stood still
            raise _NotBegunError
        self._note_echo(queue, work)
        started_at, turned = self._jumps.time(), self._jumps.turned
        began, place = time.perf_counter(), queue.target.fingerprint
        verdict = await self._verdict(queue, work)
        duration = time.perf_counter() - began
        started_at += self._jumps.turned - turned
        if verdict.disable_target and queue.target.fingerprint != place:
            verdict = verdict._replace(disable_target=False)  # it is somewhere else by now
        if verdict.disable_target:
            verdict = verdict._replace(disable_target=queue.held is None)
            queue.held = Hold.DISABLED  # at once: nothing more begins while that is written
        self._metrics.attempt(queue.target_id, verdict.outcome, duration, verdict.cause)
        return verdict, settlement(work, verdict, queue.target, started_at=started_at, duration=duration)

    async def _verdict(self, queue: TargetQueue, work: Work) -> Verdict:
        delivery, event = work.delivery, work.event
        noted: Attributes = {
            "cockpit.event.id": event.id,
            "cockpit.event.name": event.name,
            "cockpit.delivery.id": delivery.id,
            "cockpit.delivery.attempt": delivery.attempts + 1,
            "cockpit.plugin": delivery.plugin,
            "cockpit.target": delivery.target,
        }
        with self._spans.span(f"deliver {delivery.target_id}", Kind.PRODUCER, event.trace, noted) as span:
            verdict = await self._judged(queue, work, span)
            span.note(
                {
                    "cockpit.outcome": verdict.outcome,
                    "http.response.status_code": None if verdict.response is None else verdict.response.status,
                }
            )
            if verdict.outcome is not Outcome.DELIVERED:
                span.fail(verdict.reason or verdict.outcome)
            return verdict

    async def _begin(self, work: Work) -> None:
        """Mark the attempt as begun: now if the process has to expect its death in it, else with the next commit."""
        trial = self._trials.get(work.delivery.id)
        if trial is None and not self.careful:
            self._store.mark_begun(work.delivery)
            return
        try:
            await self._store.begin(work.delivery, alone=trial is not None)
        except StoreError as error:
            log.warning("cannot note the begin of an attempt now", delivery_id=work.delivery.id, problem=str(error))
        if trial is not None:
            trial.begin()

    def _acquit(self, delivery: Delivery) -> None:
        if delivery.id in self._trials:
            self._store.clear(delivery)
            self._end_trial(delivery)

    def _end_trial(self, delivery: Delivery) -> None:
        trial = self._trials.pop(delivery.id, None)
        if trial is not None:
            trial.end()

    def _note_echo(self, queue: TargetQueue, work: Work) -> None:
        for subject in work.event.subjects[:1]:
            self._echoes.began(queue.target_id, subject, self._clock.steady())

    async def _judged(self, queue: TargetQueue, work: Work, span: Span) -> Verdict:
        budget = queue.budgets.begin()
        try:
            if queue.batches:
                work = work._replace(batch=await self._store.batch(work.delivery.id))
                span.link(other.trace for other in work.batch if other.id != work.event.id)
            response = await queue.call(work)
        except asyncio.CancelledError:
            if budget.overrun:
                return judge(TimeoutError(), overrun=queue.target.timeout)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return Verdict(Outcome.RETRY, "the plugin cancelled its own attempt", cause=Cause.RAISED)
        except RAISED_BY_PLUGINS as error:
            return judge(error, queue.target.timeout if budget.overrun else None, self._hide)
        finally:
            budget.end()
        return Verdict(Outcome.DELIVERED, response=sound(response))

    def _tell_breaker(
        self, queue: TargetQueue, breaker: CircuitBreaker, verdict: Verdict | None, *, probe: bool
    ) -> None:
        if verdict is None:
            breaker.abandon(probe=probe)
            return
        well, asked = verdict.outcome is not Outcome.RETRY, min(verdict.after or 0.0, queue.target.longest_retry_after)
        changed = breaker.ended(probe=probe, well=well, now=self._clock.steady(), asked=asked)
        if changed:
            self._metrics.breaker_changed(queue.target_id, "open" if breaker.open else "closed")
        if changed and breaker.open:
            queue.reason = verdict.reason
            self.run(self.give_back(queue))
        elif changed:
            queue.reason = None
            self._due.changed.set()


def _context_of(work: Work) -> Context:
    """Return a context for an attempt: its own ids, and nothing of whatever made room for it."""
    delivery, event = work.delivery, work.event
    return context_of(
        {
            "event_id": event.id,
            "event": event.name,
            "source": event.source,
            "delivery_id": delivery.id,
            "attempt": delivery.attempts + 1,
            "plugin": delivery.plugin,
            "target": delivery.target,
        }
    )
