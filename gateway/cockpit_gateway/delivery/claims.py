"""Claims: what falls due in the store is leased, as far as there is memory for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog

from cockpit_gateway.clock import Clock, JumpWatch
from cockpit_gateway.deliveries import TargetId, Work
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.insistence import STORE_PAUSE
from cockpit_gateway.delivery.lease import Lease
from cockpit_gateway.delivery.memory import Memory
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Claimed

SMALLEST_SHARE = 1024 * 1024
"""Bytes of the memory budget with which a claim is worth while; so many targets are claimed for at once."""

LARGEST_CLAIM = 4 * 1024 * 1024
"""Bytes that one claim may bring, so that a long search keeps little of the budget from the others."""

LONGEST_NAP = 1.0
"""Seconds after which the clock is looked at again, in case it was turned."""

SLOW_SEARCH = 0.05
"""Seconds; a search in the store that took longer is not repeated at once."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Claims:
    """Claims deliveries when they fall due.

    Args:
        store: Where they wait.
        lease: Without it, none is claimed.
        clock: Tells when they are due.
        jumps: Notices that it was turned.
        memory: Counts the bytes of the bodies at hand.
        due: Tells what falls due.
        enqueue: Takes what was claimed.
        clamp: Sees to it that nothing of some targets is due unreasonably late; called when the clock was turned.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        clock: Clock,
        jumps: JumpWatch,
        memory: Memory,
        due: DueTimes,
        enqueue: Callable[[TargetQueue, Sequence[Work]], None],
        clamp: Callable[[Collection[TargetId]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._memory = memory
        self._due = due
        self._enqueue = enqueue
        self._clamp = clamp
        self._jumps = jumps
        self._turned = 0.0

    async def run(self) -> None:
        """Claim until cancelled."""
        async with asyncio.TaskGroup() as claims:
            while True:
                self._due.changed.clear()
                try:
                    await self._mind_the_clock()
                except Exception as error:  # noqa: BLE001 - without claims nothing would be delivered until a restart
                    _log_failure("cannot move due times now", error)
                for queue, room in self._next_claims():
                    claims.create_task(self._claim(queue, room))
                await self._nap()

    def _next_claims(self) -> list[tuple[TargetQueue, int]]:
        """Return for which targets to claim now, and how many bytes each may bring: no slow claim holds up another."""
        if not self._lease.holds:
            return []
        now, steady = self._clock.time(), self._clock.steady()
        claimable = [queue for queue in self._due.waiting.values() if queue.may_claim(now, steady)]
        some = claimable[: max(1, self._memory.room // SMALLEST_SHARE)]
        chosen: list[tuple[TargetQueue, int]] = []
        for queue in some:
            room = min(self._memory.room // len(some), self._memory.room_for(queue.target_id), LARGEST_CLAIM)
            if room or self._memory.has_none(queue.target_id):
                del self._due.waiting[queue.target_id]  # last in line next time, if it has more
                queue.next_due, queue.claiming = None, True
                chosen.append((queue, room))
        return chosen

    async def _claim(self, queue: TargetQueue, room: int) -> None:
        try:
            claimed = await self._take(queue, room)
            for work in claimed.work:
                self._memory.take(queue.target_id, work.delivery.size)
            if claimed.next_due is not None:
                self._due.expect(queue.target_id, claimed.next_due)
            self._enqueue(queue, claimed.work)
        except Exception as error:  # noqa: BLE001 - see above
            _log_failure("cannot claim deliveries now", error)
            queue.search_after = self._clock.steady() + STORE_PAUSE
            self._due.expect(queue.target_id, self._clock.time())
        finally:
            queue.claiming = False
            self._due.changed.set()

    async def _take(self, queue: TargetQueue, room: int) -> Claimed:
        self._memory.take(queue.target_id, room)
        try:
            claimed = await self._store.claim(
                queue.target_id,
                now=self._clock.time(),
                limit=queue.claim_size,
                room=room,
                ordered=queue.target.ordered,
            )
        finally:
            self._memory.give(queue.target_id, room)
        slow = claimed.searched > SLOW_SEARCH
        queue.search_after = self._clock.steady() + 4 * claimed.searched if slow else 0.0
        return claimed

    async def _nap(self) -> None:
        now, steady = self._clock.time(), self._clock.steady()
        waits = (queue.claimable_in(now, steady) for queue in self._due.waiting.values())
        seconds = min((wait for wait in waits if wait is not None), default=LONGEST_NAP)
        sleeper = asyncio.ensure_future(self._clock.sleep(min(seconds, LONGEST_NAP)))
        looker = asyncio.ensure_future(self._due.changed.wait())
        try:
            await asyncio.wait((sleeper, looker), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            looker.cancel()

    async def _mind_the_clock(self) -> None:
        """Keep what waits waiting as long as it was to, whatever the clock says now."""
        self._turned += self._jumps.look()
        if not self._turned:
            return
        log.warning("the clock was turned, due times are moved with it", seconds=round(self._turned, 3))
        await self._store.shift_due(self._turned, now=self._clock.time())
        self._turned = 0.0
        await self._clamp([queue.target_id for queue in self._due.homes()])
        self._due.correct(await self._store.backlog())


def _log_failure(message: str, error: Exception) -> None:
    if isinstance(error, StoreUnavailableError):
        log.warning(message, problem=str(error))
    else:
        log.error(message, exc_info=error)
