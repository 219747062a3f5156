"""Something between a client and a server that loses answers, as a network does that breaks at the wrong moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path


class Swallower:
    """Passes on what clients and a server say, until it swallows the answers.

    Args:
        server: The server's Unix socket.
        path: Where clients connect.
    """

    def __init__(self, server: Path, path: Path) -> None:
        self.path = path
        self._server = server
        self._trigger: bytes | None = None
        self._swallows = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.swallowed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def before(cls, server: Path, path: Path) -> AsyncIterator[Swallower]:
        """Run one before a server."""
        swallower = cls(server, path)
        listening = await asyncio.start_unix_server(swallower._serve, path)
        try:
            yield swallower
        finally:
            listening.close()
            swallower.cut()
            await asyncio.gather(*swallower._tasks)

    @contextmanager
    def swallowing(self, trigger: bytes) -> Iterator[None]:
        """Swallow all answers once a client has said something."""
        self._trigger = trigger
        self.swallowed.clear()
        try:
            yield
        finally:
            self._trigger, self._swallows = None, False

    def cut(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._server)
        for task in (self._pass_on(reader, back, answers=False), self._pass_on(there, writer, answers=True)):
            self._tasks.add(asyncio.ensure_future(task))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool) -> None:
        self._writers.add(target)
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if not answers and self._trigger is not None and self._trigger in data:
                    self._swallows = True
                if answers and self._swallows:
                    self.swallowed.set()
                    continue
                target.write(data)
                await target.drain()
        target.close()
        with suppress(ConnectionError):
            await target.wait_closed()
