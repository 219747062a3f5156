"""The database that several daemons share, and a way to it that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from bench.postgresql import LocalServer

SOCKET = ".s.PGSQL.5432"
"""What a server's socket is called in its directory."""


class Line:
    """Passes on what comes to a socket of its own, to a server and back; while it is cut, nothing passes.

    Args:
        server: The server.
        directory: Where its own socket is.
    """

    def __init__(self, server: LocalServer, directory: Path) -> None:
        self._server = server
        self._directory = directory
        self._whole = asyncio.Event()
        self._whole.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The database, by this way."""
        return f"postgresql://postgres@/postgres?host={self._directory}"

    def cut(self) -> None:
        """Let nothing pass; nobody is told, as when a cable is pulled."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything pass again, also what has waited."""
        self._whole.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen."""
        self._directory.mkdir()
        listening = await asyncio.start_unix_server(self._connected, self._directory / SOCKET)
        try:
            yield
        finally:
            listening.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._whole.wait()
            there, thither = await asyncio.open_unix_connection(self._server.directory / SOCKET)
            await asyncio.gather(self._pass(reader, thither), self._pass(there, writer))
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError):
            while data := await reader.read(65536):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
