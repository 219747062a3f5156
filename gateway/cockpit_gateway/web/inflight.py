"""One bound over all bodies in flight: being read, or waiting for their commit, over all connections."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from cockpit_gateway.web.problems import Problem, end_reading

RETRY_AFTER = 1
"""Seconds; bodies come and go in less."""


class InFlight:
    """Counts the bytes of bodies, and refuses what goes beyond the bound.

    Args:
        limit: Bytes of all bodies together.
        largest: Bytes of one body.
        timeout: Seconds that a body may take to arrive.

    Attributes:
        size: Bytes in flight now.
    """

    def __init__(self, *, limit: int, largest: int, timeout: float) -> None:
        self._limit = limit
        self._largest = largest
        self._timeout = timeout
        self.size = 0

    def require_room(self, length: int | None) -> None:
        """Raise a problem if a body of this length cannot be taken now, or ever."""
        if length is not None and length > self._largest:
            raise self._too_large(f"has {length} bytes")
        if self.size + (length or 0) > self._limit:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The bodies that are being read now fill server.max_in_flight.",
                retry_after=RETRY_AFTER,
            )

    async def read(self, request: web.Request) -> bytes:
        """Return a request's body, counted until it is given back.

        Raises:
            Problem: it is too large, too slow, or too much together with the others.
        """
        content = request.content
        if content.is_eof():  # it came with the headers, as Cockpit's do
            body = content.read_nowait()
            self._take(len(body), len(body))
            return body
        gathered = bytearray()
        try:
            async with asyncio.timeout(self._timeout):
                while piece := await content.readany():
                    self._take(len(piece), len(gathered) + len(piece))
                    gathered += piece
            return bytes(gathered)
        except TimeoutError:
            self._drop(gathered)
            end_reading(request, "the body came too slowly")
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT, f"The body was not complete within {self._timeout:g} seconds."
            ) from None
        except BaseException:
            self._drop(gathered)
            raise

    def give_back(self, size: int) -> None:
        """Count a body no longer."""
        self.size -= size

    def _drop(self, gathered: bytearray) -> None:
        """Free the memory now: the error's traceback keeps the buffer until it is collected as garbage."""
        self.give_back(len(gathered))
        gathered.clear()

    def _take(self, size: int, so_far: int) -> None:
        if so_far > self._largest:
            raise self._too_large(f"is larger than {self._largest} bytes")
        self.require_room(size)
        self.size += size

    def _too_large(self, how: str) -> Problem:
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body {how}; server.max_body allows {self._largest}.")
