"""A clock that stands still until a test lets time pass."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from typing import Any

MICROSECONDS = 1_000_000
"""In a second. Whole ones are counted: sums of floats would pass by the moments that others wait for."""


class FakeClock:
    """Starts at the machine's time, and goes on only when it is told to.

    Example:
        >>> clock = FakeClock(1_000.0)
        >>> clock.let_pass(86_400)
        >>> clock.time()
        87400.0

    Args:
        now: Seconds since the Unix epoch; None for the machine's time.
    """

    def __init__(self, now: float | None = None) -> None:
        self._passed = 0
        self._epoch = round((time.time() if now is None else now) * MICROSECONDS)
        self._changed = asyncio.Event()

    def time(self) -> float:
        """Return seconds since the Unix epoch."""
        return (self._epoch + self._passed) / MICROSECONDS

    def steady(self) -> float:
        """Return the seconds that have passed."""
        return self._passed / MICROSECONDS

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait until so many seconds have passed: from this call on, not from when a task first runs it."""
        return self._wait_until(self._passed + _microseconds(seconds))

    async def _wait_until(self, until: int) -> None:
        missing = until
        while self._passed < missing:
            await self._changed.wait()
            missing = until - 1  # times of day are floats: what was reckoned with them may be short by that much

    def let_pass(self, seconds: float) -> None:
        """Let time pass, at once.

        Args:
            seconds: How much.

        Raises:
            ValueError: it is negative.
        """
        if seconds < 0:
            raise ValueError(f"time does not pass backwards: {seconds}; `turn` turns the clock")
        self._passed += _microseconds(seconds)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def turn(self, seconds: float) -> None:
        """Turn the clock, forward or back, without any time passing.

        Args:
            seconds: By how much; negative is back.
        """
        self._epoch += _microseconds(seconds)


def _microseconds(seconds: float) -> int:
    return math.ceil(seconds * MICROSECONDS)
