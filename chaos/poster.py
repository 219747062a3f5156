"""Posts events as Cockpit does: a connection for each, at most one second, never again."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.load import request

LIMIT = 1.0
"""Seconds that Cockpit waits (modules/Cockpit/webhooks.php)."""


class Poster:
    """Posts numbered events, and remembers what became of each.

    Args:
        ports: Where gateways listen; they are posted to in turn.
    """

    def __init__(self, *ports: int) -> None:
        self._ports = itertools.cycle(ports)
        self._numbers = itertools.count()
        self.times: list[float] = []
        """Seconds from the connection to each answer."""
        self.posted: dict[int, float] = {}
        """When each was posted, in seconds of the monotonic clock."""
        self.acknowledged: set[int] = set()
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0 stands for no answer within the limit."""
        self.without_retry_after = 0
        """How many answers were 503 and did not say when to come again."""

    async def post(self) -> int:
        """Post one event; return the status, 0 without an answer."""
        number = next(self._numbers)
        self.posted[number] = time.monotonic()
        try:
            async with asyncio.timeout(LIMIT):
                status = await self._ask(request(number))
        except (OSError, TimeoutError):
            status = 0
        self.times.append(time.monotonic() - self.posted[number])
        self.answers[status] += 1
        if status == 202:
            self.acknowledged.add(number)
        return status

    async def at_rate(self, rate: float, seconds: float) -> None:
        """Post at a fixed rate, whatever is answered and however late."""
        began = time.monotonic()
        posts: list[asyncio.Task[int]] = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            posts.append(asyncio.create_task(self.post()))
        await asyncio.gather(*posts)

    @asynccontextmanager
    async def load(self, posters: int) -> AsyncIterator[None]:
        """Keep so many posters posting, one event after the other."""
        tasks = [asyncio.create_task(self._keep_posting()) for _ in range(posters)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_posting(self) -> None:
        while True:
            if not await self.post():
                await asyncio.sleep(0.02)

    async def _ask(self, message: bytes) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", next(self._ports))
        try:
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
        except asyncio.IncompleteReadError:
            return 0
        finally:
            writer.close()
        status = int(head.split()[1])
        self.without_retry_after += status == 503 and b"\r\nretry-after:" not in head
        return status
