"""Suspects: deliveries in whose attempt the process before died. One of them may have killed it, and would again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

PROBATION = 0.5
"""Seconds after the begin of a suspect's attempt after which it is cleared: what kills a process does so at once."""

PATIENCE = 5.0
"""Seconds that a suspect may wait for its begin, before the next one's turn comes."""


class Trial:
    """A suspect's attempt, of which there is one at a time: if the process dies now, this is the one to blame."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """Note that the attempt begins."""
        self._begun.set()

    def end(self) -> None:
        """Note that the attempt has ended, or does not come about."""
        self._begun.set()
        self._ended.set()

    async def outlived(self) -> bool:
        """Wait until the attempt has ended or the process has outlived its beginning; return whether it goes on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):  # wait_for loses a cancellation that comes with the end (Python 3.11)
                await self._begun.wait()
            async with asyncio.timeout(PROBATION):
                await self._ended.wait()
        return self._begun.is_set() and not self._ended.is_set()
