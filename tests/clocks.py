"""A clock that a test can turn, and on which it can let time pass."""

from __future__ import annotations

import asyncio
import time


class TurnableClock:
    """Goes as the machine's clock does, and as the test says beside that."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._turned = 0.0
        self._changed = asyncio.Event()

    def time(self) -> float:
        return time.time() + self._passed + self._turned

    def steady(self) -> float:
        return time.monotonic() + self._passed

    async def sleep(self, seconds: float) -> None:
        until = self.steady() + seconds
        while (left := until - self.steady()) > 0:
            await asyncio.wait([asyncio.ensure_future(self._changed.wait())], timeout=left)

    def let_pass(self, seconds: float) -> None:
        """Let time pass, at once."""
        self._passed += seconds
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def turn(self, seconds: float) -> None:
        """Turn the clock, forward or back, without any time passing."""
        self._turned += seconds
