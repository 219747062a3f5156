"""The clock that the gateway reads and waits by, so that a test can turn it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

_COUNTS_SUSPENSION = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that goes on while the machine sleeps, where there is one."""


class Clock(Protocol):
    """Tells the time and waits."""

    def time(self) -> float:
        """Return seconds since the Unix epoch; somebody may turn this clock."""
        ...

    def steady(self) -> float:
        """Return seconds since some moment; nobody can turn this clock."""
        ...

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Return what waits for so many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()

    def steady(self) -> float:
        """Return seconds since the machine was started."""
        return time.clock_gettime(_COUNTS_SUSPENSION)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)


class JumpWatch:
    """Notices that the clock was turned, by a clock that cannot be.

    Args:
        clock: The clock to watch.

    Example:
        >>> JumpWatch(SystemClock()).look()
        0.0
    """

    SMALLEST = 2.0
    """Seconds; less is drift, or a leap second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.time() - clock.steady()
        self.turned = 0.0
        """Seconds by which it was turned, as far as the looks have told."""

    def time(self) -> float:
        """Return seconds since the Unix epoch by the clock as it was at the last look, however it was turned since."""
        now = self._clock.time()
        turned = now - self._clock.steady() - self._offset
        return now - turned if abs(turned) >= self.SMALLEST else now

    def look(self) -> float:
        """Return by how many seconds the clock was turned since the last look, 0.0 if it was not."""
        offset = self._clock.time() - self._clock.steady()
        jump, self._offset = offset - self._offset, offset
        if abs(jump) < self.SMALLEST:
            return 0.0
        self.turned += jump
        return jump
