"""Purges: events deleted for good, because somebody's data has to go."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from cockpit_gateway.clock import Clock
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Cursor, EventFilter, Found, Step

BREATH = 0.01
"""Seconds between two steps of tidying up, for what comes in."""

TRIES = 20
"""How often the last traces are tried to remove: whoever reads just then is waited for."""


class PurgeStep(NamedTuple):
    """A step of a purge.

    Attributes:
        step: What it did: `changed` events are gone, `skipped` ones are being delivered.
        traceless: After the last step, whether nothing of it is left in the store's files; None before.
    """

    step: Step
    traceless: bool | None


class Purges:
    """Counts and deletes events step by step.

    Args:
        store: What is kept.
        dispatcher: Is told of the lanes that may go on.
        clock: The time.
    """

    def __init__(self, *, store: Store, dispatcher: Dispatcher, clock: Clock) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock

    async def preview(self, wanted: EventFilter, cursor: Cursor | None) -> Found:
        """Count some of what a filter finds; see `Store.count`."""
        return await self._store.count(wanted, cursor)

    async def purge(self, wanted: EventFilter, cursor: Cursor | None) -> PurgeStep:
        """Delete some of what a filter finds; see `Store.purge`."""
        step = await self._store.purge(wanted, cursor)
        for target_id in step.target_ids:
            self._dispatcher.expect(target_id, self._clock.time())
        return PurgeStep(step, await self._tidy_up() if step.following is None else None)

    async def _tidy_up(self) -> bool:
        """Give free room back, in which there may be older copies, and begin the log anew."""
        more = True
        while more:
            more = await self._store.shorten()
            await asyncio.sleep(BREATH)
        for _ in range(TRIES):
            if await self._store.forget():
                return True
        return False
