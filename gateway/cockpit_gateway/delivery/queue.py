"""What the dispatcher keeps in memory for one target."""

from __future__ import annotations

import asyncio
from collections import deque

from cockpit_gateway.deliveries import TargetId, Work
from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.delivery.calls import Call
from cockpit_gateway.targets import Target

MOST_IN_MEMORY = 1000
"""Leased deliveries of one target that wait in memory; the others wait in the store."""

CLAIM_SIZE = 100
"""Deliveries claimed at once."""


class TargetQueue:
    """The leased deliveries of one target that wait for their attempt, and what is known of the rest.

    Args:
        target_id: The target's full name.
        target: Its rules.
        call: What an attempt calls.
        slots: What its attempts share with other targets of the plugin (its threads), None for nothing.
        now: Seconds since the Unix epoch.
    """

    def __init__(
        self, target_id: TargetId, target: Target, call: Call, slots: asyncio.Semaphore | None, now: float
    ) -> None:
        self.target_id = target_id
        self.target = target
        self.call = call
        self.slots = slots
        self.ready: deque[Work] = deque()
        self.admitted = 0
        """Deliveries being committed as leased, not yet in `ready`."""
        self.running = 0
        self.disabled = False
        self.next_due: float | None = None
        """When the store's next pending delivery of this target is due; None if there is none."""
        self.waiting_for_token = False
        self._bucket = None if target.rate is None else TokenBucket(target.rate, now)

    @property
    def through_store(self) -> bool:
        """True if order or coalescing is kept, which the store decides at each claim."""
        return self.target.ordered or self.target.coalesce is not None

    def may_admit(self, now: float) -> bool:
        """Tell whether a new delivery may be committed as leased: nothing older waits in the store."""
        drained = self.next_due is None or self.next_due > now
        room = len(self.ready) + self.admitted < MOST_IN_MEMORY
        return drained and room and not self.disabled and not self.through_store

    def may_claim(self, now: float) -> bool:
        """Tell whether the store has something due for which there is room."""
        due = self.next_due is not None and self.next_due <= now
        return due and not self.disabled and len(self.ready) <= self.target.concurrency

    def may_start(self) -> bool:
        """Tell whether another attempt may begin, the rate aside."""
        return bool(self.ready) and self.running < self.target.concurrency and not self.disabled

    def token(self, now: float) -> float:
        """Take a token of the rate limit; return 0.0, or the seconds until there is one."""
        return 0.0 if self._bucket is None else self._bucket.take(now)

    def expect(self, due_at: float) -> None:
        """Note that the store holds a pending delivery due then."""
        if self.next_due is None or due_at < self.next_due:
            self.next_due = due_at
