"""What the store cannot take now is tried again until it can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.errors import StoreUnavailableError

STORE_PAUSE = 1.0
"""Seconds before something that the store could not take is tried again."""

_Result = TypeVar("_Result")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Insistence:
    """Tries again, until the gateway stops.

    Args:
        clock: Waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ended = False
        """True if nothing is tried again any more."""

    async def on(self, act: Callable[[], Awaitable[_Result]], what: str) -> _Result:
        """Do something with the store, as often as it cannot take it now.

        Args:
            act: Does it.
            what: What that is, for the log.

        Raises:
            StoreUnavailableError: the store could not take it, and the gateway stops.
        """
        while True:
            try:
                return await act()
            except StoreUnavailableError as error:
                if self.ended:
                    raise
                log.warning("cannot do it now, trying again", what=what, problem=str(error))
                await self._clock.sleep(STORE_PAUSE)
