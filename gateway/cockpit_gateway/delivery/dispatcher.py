"""The dispatcher: what is delivered where and when.

Deliveries reach it in two ways: from memory, leased by the commit that stored them, or claimed from the store when
they fall due. The store stays the truth; what is here can be lost at any instant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import structlog

from cockpit_gateway.clock import Clock, JumpWatch
from cockpit_gateway.config.sentences import nearest_name
from cockpit_gateway.deliveries import Delivery, Hold, TargetId, Work
from cockpit_gateway.delivery.attempts import Attempts
from cockpit_gateway.delivery.claims import Claims
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.echoes import SUSPICIOUS, EchoWatch
from cockpit_gateway.delivery.hindrances import Wait, WaitsFor, hold_of, limit_of
from cockpit_gateway.delivery.holds import Holds
from cockpit_gateway.delivery.homes import Homes
from cockpit_gateway.delivery.insistence import Insistence
from cockpit_gateway.delivery.lease import Lease
from cockpit_gateway.delivery.memory import Memory
from cockpit_gateway.delivery.outcomes import Announce, Observe, Outcomes
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.delivery.recovery import Recovery
from cockpit_gateway.delivery.roster import Registration, Roster
from cockpit_gateway.delivery.upkeep import Upkeep
from cockpit_gateway.delivery.verdict import Verdict
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import Event
from cockpit_gateway.recorder import Recorder
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog, NewDelivery, Opened, TargetState
from cockpit_gateway.targets import Target
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.spans import Spans

LOOPING = "gateway.target.looping"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Dispatcher:
    """Claims what falls due, and hands on what is leased.

    Args:
        store: Where deliveries are claimed and settled.
        clock: Tells when a delivery is due.
        metrics: Where attempts are counted.
        announce: Makes an event of the gateway's own.
        observe: Is told the end of each attempt.
        recorder: Counts for the pages; what it has counted is written down while the dispatcher runs.
        spans: Are told of each attempt.
        hide: Takes secrets out of what a plugin's error says.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        announce: Announce,
        observe: Observe,
        recorder: Recorder,
        spans: Spans,
        hide: Callable[[str], str] = str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._announce = announce
        self._lease = Lease(shared=store.shared)
        self._roster = Roster(at_home=not store.shared)
        self._queues = self._roster.queues
        self._due = DueTimes(self._queues)
        self._memory = Memory()
        self._echoes = EchoWatch()
        self._services: list[asyncio.Task[None]] = []
        self.trouble: str | None = None
        """Why nothing may be delivered until a restart, None if all is well."""
        self.problems: Callable[[], Mapping[TargetId, str]] = dict
        """Returns the targets that do not take part although somebody made them, and why."""
        self._insist = Insistence(clock)
        self._outcomes = Outcomes(
            store=store,
            lease=self._lease,
            clock=clock,
            metrics=metrics,
            due=self._due,
            hold=self.hold,
            announce=announce,
            insist=self._insist,
            observe=observe,
        )
        self._attempts = Attempts(
            store=store,
            lease=self._lease,
            clock=clock,
            jumps=(jumps := JumpWatch(clock)),
            metrics=metrics,
            memory=self._memory,
            echoes=self._echoes,
            conclude=self._outcomes.conclude,
            due=self._due,
            insist=self._insist,
            spans=spans,
            hide=hide,
        )
        self.holds = Holds(store, clock, metrics, self._queues, self._attempts, self._due)
        self._recovery = Recovery(store, clock, self._queues, self._attempts, self._insist)
        self.homes = Homes(
            store=store,
            lease=self._lease,
            roster=self._roster,
            attempts=self._attempts,
            metrics=metrics,
            arrived=self._arrived,
        )
        self._upkeep = Upkeep(store, clock, metrics, self._queues, self._due, recorder, self.homes.is_here)
        self._claims = Claims(
            store=store,
            lease=self._lease,
            clock=clock,
            jumps=jumps,
            memory=self._memory,
            due=self._due,
            enqueue=self._claimed,
            clamp=self._upkeep.clamp,
        )

    # Targets

    def register(self, registered: Mapping[TargetId, Registration]) -> None:
        """Add the targets to begin with."""
        for target_id, registration in registered.items():
            self._roster.add(target_id, registration, self._clock.steady())

    def adopt(self, registered: Mapping[TargetId, Registration], states: Iterable[TargetState]) -> None:
        """Deliver by other rules from now on, in one turn of the event loop; what is under way goes on.

        What waits for a target that is gone goes back to the store, where it is held until the target is there again.

        Args:
            registered: The targets that there are from now on.
            states: What the store has recorded of them.
        """
        recorded = {state.target_id: state for state in states}
        for queue in self._roster.retire_others(registered):
            self._due.waiting.pop(queue.target_id, None)
            self._look_again(queue)
        for target_id, registration in registered.items():
            if target_id not in self._queues:
                added = self._roster.add(target_id, registration, self._clock.steady())
                added.recall(recorded.get(target_id))
                self._look_again(added)
            elif self._queues[target_id].change(*registration, self._clock.steady()):
                self._look_again(self._queues[target_id])
        self.homes.changed.set()

    def _look_again(self, queue: TargetQueue) -> None:
        """Attempt what waits for a target, or give it back, by rules that have changed."""
        if queue.ready and queue.through_store:
            self._attempts.run(self._attempts.give_back(queue))
        else:
            self._attempts.enqueue(queue, ())
        self._due.expect(queue.target_id, self._clock.time())

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

    @property
    def attempts(self) -> Mapping[TargetId, int]:
        """Attempts under way, by target."""
        return {target_id: queue.running for target_id, queue in self._queues.items()}

    async def backlog(self) -> Mapping[TargetId, Backlog]:
        """Return what waits; as it was some seconds ago, if it is so much that looking takes long."""
        return await self._upkeep.waiting.recent()

    def idle_for(self) -> float | None:
        """Return the seconds until something happens of itself: 0.0 if it does now, None if nothing will."""
        if self._attempts.busy or self._upkeep.working:
            return 0.0
        now, steady = self._clock.time(), self._clock.steady()
        waits = [queue.idle_for(now, steady) for queue in self._queues.values()]
        return min((wait for wait in waits if wait is not None), default=None)

    def held(self, target_id: TargetId) -> tuple[Hold, str | None] | None:
        """Return why a target's deliveries are passed by, in a word and in a line; None if they are not."""
        queue = self._queues.get(target_id)
        if queue is None:
            return Hold.NO_TARGET, self.problems().get(target_id, "the configuration does not name it")
        if not queue.target.active:
            return Hold.PAUSED, "active: false in the configuration"
        if queue.hold is None and not queue.home and (reason := self.homes.broken(target_id)) is not None:
            return Hold.BROKEN, reason
        return None if queue.hold is None else (queue.hold, queue.reason)

    def hindrance(self, delivery: Delivery) -> tuple[Wait | None, Wait]:
        """Return why a delivery's target is passed by, None if it is not, and for what it waits apart from that."""
        queue = self._queues.get(delivery.target_id)
        if queue is None:
            gone = Wait(WaitsFor.HOLD, "the configuration does not name its target any more")
            return gone, gone
        steady = self._clock.steady()
        if not queue.home:
            node = self.homes.name_of(delivery.target_id)
            there = f"it is delivered by the node {node}" if node else "its target is between two homes"
            return hold_of(queue, steady), Wait(WaitsFor.NODE, there)
        return hold_of(queue, steady), limit_of(queue, delivery, steady)

    async def hold(self, target_id: TargetId, hold: Hold, reason: str | None) -> None:
        """Pause or disable a target; what is under way goes on.

        Raises:
            NotFoundError: there is no such target.
        """
        await self.holds.hold(self._queue(target_id), hold, reason)

    async def let_go(self, target_id: TargetId) -> None:
        """Let a target's deliveries run again: no longer paused or disabled, its breaker closed.

        Raises:
            NotFoundError: there is no such target.
        """
        await self.holds.let_go(self._queue(target_id))

    def expect_anything(self) -> None:
        """Look in the store for what is due at each target: notices of it may have been missed."""
        for target_id, queue in self._queues.items():
            if queue.home:
                self._due.expect(target_id, self._clock.time())

    async def test(self, target_id: TargetId, work: Work) -> tuple[Verdict, float]:
        """Make one attempt whatever holds the target, and write nothing.

        Returns:
            What came out, and the seconds it took.

        Raises:
            NotFoundError: there is no such target.
        """
        return await self._attempts.test(self._queue(target_id), work)

    def _queue(self, target_id: TargetId) -> TargetQueue:
        queue = self._queues.get(target_id)
        if queue is None:
            raise self.unknown(target_id)
        return queue

    def unknown(self, target_id: TargetId) -> NotFoundError:
        """Return the error for a target that there is not, with the one that may have been meant."""
        namesakes = [str(other) for other in self._queues if other.target == target_id.target]
        nearest = next(iter(namesakes), None) or nearest_name(str(target_id), map(str, self._queues))
        meant = f", did you mean {nearest}?" if nearest else ""
        return NotFoundError(f"there is no target {target_id}{meant}")

    def expect(self, target_id: TargetId, due_at: float) -> None:
        """Note that the store holds a pending delivery of a target, due then (seconds since the Unix epoch)."""
        self._due.expect(target_id, due_at)

    # Deliveries coming in

    def admit(self, target_id: TargetId, size: int) -> bool:
        """Tell whether a new delivery may be committed as leased, and reserve its place.

        Args:
            target_id: Where it goes.
            size: Bytes of the event's body.
        """
        queue = self._queues.get(target_id)
        if queue is None or self._attempts.stopping or not self._lease.holds or size > self._memory.room_for(target_id):
            return False
        if not queue.may_admit(self._clock.time()):
            return False
        queue.admitted += 1
        self._memory.take(target_id, size)
        return True

    def withdraw(self, deliveries: Iterable[NewDelivery], size: int) -> None:
        """Give back the places of admitted deliveries whose commit did not come about."""
        for delivery in deliveries:
            if delivery.leased:
                self._roster.find(delivery.target_id).admitted -= 1
                self._memory.give(delivery.target_id, size)

    def take(self, event: Event, deliveries: Iterable[NewDelivery], work: Iterable[Work]) -> None:
        """Take an event's committed deliveries, and attempt those that are leased as soon as the limits allow."""
        for delivery in deliveries:
            self._listen(delivery.target_id, event)
            if not delivery.leased:
                wait = 0.0 if delivery.coalesce is None else delivery.coalesce.wait
                self._due.expect(delivery.target_id, delivery.due_at + wait)
        for item in work:
            queue = self._roster.find(item.delivery.target_id)
            queue.admitted -= 1
            self._attempts.enqueue(queue, [item])

    def _claimed(self, queue: TargetQueue, work: Sequence[Work]) -> None:
        for item in work:
            if not item.delivery.attempts:  # it may have come in at another node
                self._listen(queue.target_id, item.event)
        self._attempts.enqueue(queue, work)

    def _listen(self, target_id: TargetId, event: Event) -> None:
        """Notice a loop: events that follow from our own deliveries."""
        for subject in event.subjects[:1]:
            echoes = self._echoes.planned(target_id, subject, self._clock.steady())
            if echoes and echoes % SUSPICIOUS == 0:
                self._attempts.run(self._suspect_loop(self._roster.find(target_id), subject, echoes))

    async def _suspect_loop(self, queue: TargetQueue, subject: str, echoes: int) -> None:
        log.warning(
            "a loop is likely: again and again an event follows right after its delivery",
            target=str(queue.target_id),
            subject=subject,
            times=echoes,
        )
        if queue.target.pauses_loops and queue.held is None:
            reason = f"a loop is likely: {echoes} times in a row, an event about {subject} followed its delivery"
            await self.hold(queue.target_id, Hold.PAUSED, reason)
        await self._announce(LOOPING, [*queue.target_id, subject, echoes])

    # Life

    async def recall(self) -> None:
        """Record the targets in the store, and learn which of them are held, and for how long they have failed."""
        for state in await self._store.set_targets(
            {target_id: queue.target.fingerprint for target_id, queue in self._queues.items()}
        ):
            queue = self._queues.get(state.target_id)
            if queue is not None:
                queue.recall(state)

    async def start(self, opened: Opened) -> None:
        """Resume everything pending, and begin to claim what falls due.

        Args:
            opened: What the store was found to be.
        """
        await self.recall()
        if opened.unclean:
            self._recovery.alarm()
        await self.homes.look()
        if not self._store.shared:
            await self._arrived(self._queues)
        services = (self._claims.run(), self.homes.run(), *self._recovery.services(), *self._upkeep.services())
        self._services = [asyncio.create_task(service) for service in services]
        for service in self._services:
            service.add_done_callback(self._service_ended)

    async def _arrived(self, target_ids: Collection[TargetId]) -> None:
        """Deliver to targets of which this node has become home."""
        states = {state.target_id: state for state in await self._store.target_states()}
        await self._upkeep.clamp(target_ids)
        await self._recovery.lease()
        for target_id in target_ids:
            queue = self._queues.get(target_id)
            if queue is not None:
                queue.recall(states.get(target_id))
                if not queue.home:
                    queue.move_in(self._clock.steady())
                self._due.expect(target_id, self._clock.time())

    async def stop(self, grace: float) -> None:
        """Begin no more attempts, let those under way finish, and abandon the rest.

        Args:
            grace: Seconds that attempts get to finish.
        """
        self._insist.ended = True
        await self.homes.leave()
        try:
            await self._attempts.stop(grace)
        finally:
            for service in self._services:
                service.cancel()
            await asyncio.gather(*self._services, return_exceptions=True)

    def _service_ended(self, service: asyncio.Task[None]) -> None:
        error = None if service.cancelled() else service.exception()
        if error is not None:
            self.trouble = "a part of delivering has failed; the log says which"
            log.error("a part of delivering has failed, it needs a restart", exc_info=error)
