"""Claims: what falls due in the store is leased, as far as there is memory for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from cockpit_gateway.clock import Clock, JumpWatch
from cockpit_gateway.deliveries import Work
from cockpit_gateway.delivery.due import DueTimes
from cockpit_gateway.delivery.memory import Memory
from cockpit_gateway.delivery.queue import TargetQueue
from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.port import Claimed, Store

SMALLEST_SHARE = 1024 * 1024
"""Bytes of the memory budget with which a claim is worth while; so many targets are claimed for at once."""

LONGEST_NAP = 1.0
"""Seconds after which the clock is looked at again, in case it was turned."""

SLOW_SEARCH = 0.05
"""Seconds; a search in the store that took longer is not repeated at once."""

PAUSE = 1.0
"""Seconds before a claim that failed is tried again."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Claims:
    """Claims deliveries when they fall due.

    Args:
        store: Where they wait.
        clock: Tells when they are due.
        memory: Counts the bytes of the bodies at hand.
        due: Tells what falls due.
        enqueue: Takes what was claimed.
        clamp: Sees to it that nothing is due unreasonably late; called when the clock was turned.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        memory: Memory,
        due: DueTimes,
        enqueue: Callable[[TargetQueue, Sequence[Work]], None],
        clamp: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._due = due
        self._enqueue = enqueue
        self._clamp = clamp
        self._jumps = JumpWatch(clock)
        self._turned = 0.0

    async def run(self) -> None:
        """Claim until cancelled."""
        async with asyncio.TaskGroup() as claims:
            while True:
                self._due.changed.clear()
                try:
                    await self._mind_the_clock()
                except StoreUnavailableError as error:
                    log.warning("cannot move due times now", problem=str(error))
                for queue, room in self._next_claims():
                    claims.create_task(self._claim(queue, room))
                await self._nap()

    def _next_claims(self) -> list[tuple[TargetQueue, int]]:
        """Return for which targets to claim now, and how many bytes each may bring: no slow claim holds up another."""
        now, steady, room = self._clock.time(), self._clock.steady(), self._memory.room
        claimable = [queue for queue in self._due.waiting.values() if queue.may_claim(now, steady)] if room else []
        some = claimable[: max(1, room // SMALLEST_SHARE)]
        for queue in some:
            del self._due.waiting[queue.target_id]  # last in line next time, if it has more
            queue.next_due, queue.claiming = None, True
        return [(queue, room // len(some)) for queue in some]

    async def _claim(self, queue: TargetQueue, room: int) -> None:
        self._memory.take(room)
        claimed = Claimed((), None)
        try:
            claimed = await self._store.claim(
                queue.target_id,
                now=self._clock.time(),
                limit=queue.claim_size,
                room=room,
                ordered=queue.target.ordered,
            )
        except Exception as error:  # noqa: BLE001 - without the next claim nothing would be delivered until a restart
            _log_failure(error)
            queue.search_after = self._clock.steady() + PAUSE
            claimed = Claimed((), self._clock.time())
        else:
            slow = claimed.searched > SLOW_SEARCH
            queue.search_after = self._clock.steady() + 4 * claimed.searched if slow else 0.0
        finally:
            queue.claiming = False
            self._memory.give(room)
        if claimed.next_due is not None:
            self._due.expect(queue.target_id, claimed.next_due)
        for work in claimed.work:
            self._memory.take(work.delivery.size)
        self._enqueue(queue, claimed.work)

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
        await self._store.shift_due(self._turned)
        self._due.shift(self._turned)
        self._turned = 0.0
        await self._clamp()


def _log_failure(error: Exception) -> None:
    if isinstance(error, StoreUnavailableError):
        log.warning("cannot claim deliveries now", problem=str(error))
    else:
        log.error("claiming failed, trying again", exc_info=error)
