"""A clock that stands still until a test lets time pass."""

from __future__ import annotations

import asyncio
import time


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
        self._steady = 0.0
        self._epoch = time.time() if now is None else now
        self._changed = asyncio.Event()

    def time(self) -> float:
        """Return seconds since the Unix epoch."""
        return self._epoch + self._steady

    def steady(self) -> float:
        """Return the seconds that have passed."""
        return self._steady

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have passed."""
        until = self._steady + seconds
        while self._steady < until:
            await self._changed.wait()

    def let_pass(self, seconds: float) -> None:
        """Let time pass, at once.

        Args:
            seconds: How much.
        """
        self._steady += seconds
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def turn(self, seconds: float) -> None:
        """Turn the clock, forward or back, without any time passing.

        Args:
            seconds: By how much; negative is back.
        """
        self._epoch += seconds
