"""What the dispatcher keeps in memory for one target."""

from __future__ import annotations

import asyncio
from collections import deque

from cockpit_gateway.deliveries import Hold, TargetId, Work
from cockpit_gateway.delivery.breaker import CircuitBreaker
from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.delivery.budget import TimeBudgets
from cockpit_gateway.delivery.calls import Call
from cockpit_gateway.delivery.health import Health
from cockpit_gateway.store.records import TargetState
from cockpit_gateway.targets import Target

MOST_IN_MEMORY = 1000
"""Leased deliveries of one target that wait in memory; the others wait in the store."""

CLAIM_SIZE = 100
"""Deliveries claimed at once."""


class TargetQueue:
    """The leased deliveries of one target that wait for their attempt, and what is known of the rest.

    Times called `now` are seconds since the Unix epoch, those called `steady` are seconds of the clock that nobody
    turns.

    Args:
        target_id: The target's full name.
        target: Its rules.
        call: What an attempt calls.
        slots: What its attempts share with other targets of the plugin (its threads), None for nothing.
        steady: Seconds.
    """

    def __init__(
        self, target_id: TargetId, target: Target, call: Call, slots: asyncio.Semaphore | None, steady: float
    ) -> None:
        self.target_id = target_id
        self.target = target
        self.call = call
        self.slots = slots
        self.budgets = TimeBudgets(target.timeout)
        self.ready: deque[Work] = deque()
        self.admitted = 0
        """Deliveries being committed as leased, not yet in `ready`."""
        self.running = 0
        self.home = False
        """True while this node is the target's home: no other begins attempts."""
        self.gone = False
        """True if the configuration does not name the target any more; what is under way comes to its end."""
        self.held: Hold | None = None
        """`paused` or `disabled`; kept in the store."""
        self.reason: str | None = None
        """Why the target is not active."""
        self.breaker = None if target.breaker is None else CircuitBreaker(target.breaker)
        self.health = Health(target.patience)
        self.next_due: float | None = None
        """When the store's next pending delivery of this target is due; None if there is none."""
        self.claiming = False
        self.search_after = 0.0
        """The store is not searched before, in steady seconds, because the last search took long."""
        self.token_at: float | None = None
        """When the rate limit allows the next attempt, in steady seconds; None if nothing waits for that."""
        self._bucket = None if target.rate is None else TokenBucket(target.rate, steady)

    def change(self, target: Target, call: Call, slots: asyncio.Semaphore | None, steady: float) -> bool:
        """Deliver by other rules from the next attempt on; what is known of the target is kept as far as it holds.

        Returns:
            True if the rules are others. A target that is somewhere else begins anew: nobody has paused it, and it has
            not failed.
        """
        before, self.target = self.target, target
        self.call, self.slots = call, slots
        if target == before:
            return False
        moved = target.fingerprint != before.fingerprint
        if target.timeout != before.timeout:
            self.budgets = TimeBudgets(target.timeout)
        if moved or target.breaker != before.breaker:
            self.breaker = None if target.breaker is None else CircuitBreaker(target.breaker)
        if target.rate != before.rate:
            self._bucket = None if target.rate is None else TokenBucket(target.rate, steady)
        self.health.patience = target.patience
        if moved:
            self.held = self.reason = None
            self.health.forget()
        return True

    def move_in(self, steady: float) -> None:
        """Become the target's home, after another one that may have used up its rate."""
        self.home = True
        if self._bucket is not None:
            self._bucket.drain(steady)

    def recall(self, state: TargetState | None) -> None:
        """Go on from what the store has recorded, if anything."""
        if state is not None:
            self.held, self.reason = state.held, state.reason
            self.health.resume(state.failing_for)

    @property
    def hold(self) -> Hold | None:
        """Why the target's deliveries are passed by, None if they are not."""
        if not self.target.active:
            return Hold.PAUSED
        if self.held is not None:
            return self.held
        return Hold.BROKEN if self.breaker is not None and self.breaker.open else None

    @property
    def quiet(self) -> bool:
        """True if nothing is under way at the target, nor about to be."""
        return not (self.running or self.admitted or self.claiming or self.ready)

    @property
    def batches(self) -> bool:
        """True if a delivery may carry several events."""
        return self.target.coalesce is not None and self.target.coalesce.keep == "list"

    @property
    def through_store(self) -> bool:
        """True if order or coalescing is kept, which the store decides at each claim."""
        return self.target.ordered or self.target.coalesce is not None

    @property
    def claim_size(self) -> int:
        """How many deliveries to claim: one if it is to be the probe."""
        return 1 if self.breaker is not None and self.breaker.open else CLAIM_SIZE

    def allows(self, steady: float) -> bool:
        """Tell whether attempts may begin, concurrency and rate aside."""
        stopped = self.gone or not self.home or self.held is not None or not self.target.active
        return not stopped and (self.breaker is None or self.breaker.allows(steady))

    def may_admit(self, now: float) -> bool:
        """Tell whether a new delivery may be committed as leased: nothing older waits in the store."""
        drained = self.next_due is None or self.next_due > now
        room = len(self.ready) + self.admitted < MOST_IN_MEMORY
        return self.home and drained and room and self.hold is None and not self.through_store

    def may_claim(self, now: float, steady: float) -> bool:
        """Tell whether the store has something due for which there is room."""
        due = self.next_due is not None and self.next_due <= now and self.search_after <= steady
        enough = len(self.ready) > (0 if self.hold else self.target.concurrency)
        return due and not enough and not self.claiming and self.allows(steady)

    def claimable_in(self, now: float, steady: float) -> float | None:
        """Return the seconds until there may be something to claim; None if something else has to happen before."""
        if self.next_due is None or not self.home or self.held is not None or not self.target.active:
            return None
        probe_at = self.breaker.probe_at if self.breaker is not None and self.breaker.probe_at is not None else 0.0
        wait = max(self.next_due - now, self.search_after - steady, probe_at - steady)
        return wait if wait > 0 else None

    def idle_for(self, now: float, steady: float) -> float | None:
        """Return the seconds until something may happen of itself: 0.0 if it does now, None if nothing will."""
        if self.running or self.admitted or self.claiming or self.may_claim(now, steady):
            return 0.0
        if self.token_at is not None:
            return max(0.0, self.token_at - steady)
        return self.claimable_in(now, steady)

    def may_start(self, steady: float) -> bool:
        """Tell whether another attempt may begin, the rate aside."""
        return bool(self.ready) and self.running < self.target.concurrency and self.allows(steady)

    def token(self, steady: float) -> float:
        """Take a token of the rate limit; return 0.0, or the seconds until there is one."""
        return 0.0 if self._bucket is None else self._bucket.take(steady)

    def expect(self, due_at: float) -> None:
        """Note that the store holds a pending delivery due then."""
        if self.next_due is None or due_at < self.next_due:
            self.next_due = due_at
