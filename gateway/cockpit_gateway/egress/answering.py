"""Connections whose other side may send whatever it wants: no answers without end, none before it was asked."""

from __future__ import annotations

from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

IDLE_CONNECTION = 1.5
"""Seconds that an idle connection is kept: less than servers do, so that it is not used while they close it."""

MOST_WAITING = 32
"""Answers that may wait to be read on one connection: the one that was asked for, and interim ones (1xx) before it."""


class Connector(aiohttp.TCPConnector):
    """Makes connections that bear any answer; how many there are at once is for whoever asks.

    Args:
        options: Those of `aiohttp.TCPConnector`, or of the class that is beside this one.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, keepalive_timeout=IDLE_CONNECTION, **options)
        reader: type[ResponseHandler] = Answers
        self._factory = partial(reader, loop=self._loop)


class Answers(ResponseHandler):
    """Reads the answers of one connection.

    The HTTP client takes any number of interim answers, and reading them holds the event loop. It also takes what
    arrives on an idle connection for the answer to the next request.
    """

    def data_received(self, data: bytes) -> None:
        """Read what has arrived; too many answers are the end of the connection."""
        super().data_received(data)
        if len(self._buffer) > MOST_WAITING and self.transport is not None:
            self._buffer.clear()
            self.set_exception(HttpProcessingError(message="interim answers without end"))
            self.transport.close()

    def is_connected(self) -> bool:
        """Tell whether the connection can be used: not if an answer is there that nobody asked for."""
        return super().is_connected() and not self._buffer
