"""The pipes between the gateway and a command; neither side waits for the other longer than it wants to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import BinaryIO

from cockpit_gateway import Response

LINGER = 0.5
"""Seconds for what a command has written to arrive, once it is over."""


class Input(asyncio.BaseProtocol):
    """Notes when nothing more can be written to a command.

    Attributes:
        ended: True after that.
    """

    ended = False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a command need not read its input
        """Note it."""
        self.ended = True


class Output(asyncio.Protocol):
    """Keeps the beginning of what a command writes, and reads the rest, so that the command is not held up.

    Args:
        room: Bytes to keep.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept = bytearray()
        self._truncated = False
        self._ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep what there is room for."""
        room = self._room - len(self._kept)
        self._kept += data[:room]
        self._truncated = self._truncated or len(data) > room

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - all that was written has arrived
        """Note that nobody can write any more."""
        self._ended.set()

    async def response(self) -> Response:
        """Return what was written, without waiting for ever: a program that was left behind may hold the pipe."""
        try:
            async with asyncio.timeout(LINGER):
                await self._ended.wait()
        except TimeoutError:
            self._truncated = True
        return Response(None, body=bytes(self._kept), truncated=self._truncated)


@asynccontextmanager
async def feeding(body: bytes) -> AsyncGenerator[BinaryIO]:
    """Give the end of a pipe out of which some bytes can be read; what is not read is thrown away.

    Args:
        body: The bytes.
    """
    loop = asyncio.get_running_loop()
    theirs, ours = _pipe()
    with theirs:
        transport, pipe = await loop.connect_write_pipe(Input, ours)
        try:
            transport.write(body)
            transport.close()
            yield theirs
        finally:
            if not pipe.ended:
                transport.abort()


@asynccontextmanager
async def collecting(room: int) -> AsyncGenerator[tuple[BinaryIO, Output]]:
    """Give the end of a pipe to write to, which whoever starts the command closes then, and what collects.

    Args:
        room: Bytes to keep.
    """
    loop = asyncio.get_running_loop()
    ours, theirs = _pipe()
    with theirs:
        transport, output = await loop.connect_read_pipe(lambda: Output(room), ours)
        try:
            yield theirs, output
        finally:
            transport.close()


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Return the end to read from and the one to write to; no other program inherits them."""
    read, write = os.pipe()
    return os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0)
