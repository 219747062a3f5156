"""A server for a plugin's requests: it notes what arrives, and answers or misbehaves as a test wants it."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Self

from aiohttp import web
from multidict import CIMultiDict

GOODBYE = 0.05
"""Seconds that the other side gets at the end of a TLS connection."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it arrived.

    Attributes:
        method: "POST", …
        path: Its path, with the query.
        headers: Its headers; names in any case.
        body: Its body.
        connection: The port that it came from: requests of one connection have the same.
    """

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes
    connection: int

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answers.

    Attributes:
        status: HTTP status.
        headers: Headers, beside those that every answer has.
        body: The body.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


class Misbehaviour(Enum):
    """What a receiver does instead of answering."""

    HANG = auto()
    """Nothing, until `Receiver.release`."""
    DISCONNECT = auto()
    """It closes the connection."""
    GARBAGE = auto()
    """It sends what is not HTTP."""
    DRIP = auto()
    """It sends an answer that never ends, a byte at a time."""


class Receiver:
    """An HTTP server on a free port of this machine, in a thread of its own.

    Args:
        tls: Serve HTTPS with this.

    Attributes:
        url: Where it listens, "http://127.0.0.1:<port>"; an endpoint needs `allow_private: true` to reach it.
        requests: What arrived so far, oldest first.
        answers: What the next requests get, in this order.
        usual: What all others get.

    Example:
        >>> with Receiver() as receiver:
        ...     receiver.answers += [Answer(503, {"Retry-After": "60"}), Misbehaviour.DISCONNECT]
        ...     len(receiver.requests)
        0
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.url = ""
        self.requests: list[ReceivedRequest] = []
        self.answers: deque[Answer | Misbehaviour] = deque()
        self.usual: Answer | Misbehaviour = Answer()
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self._started: Future[int] = Future()
        self._ended = asyncio.Event()
        self._released = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._started.result()}"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def release(self) -> None:
        """Let the requests that hang be answered, with 200; and those to come, if the usual was to hang."""
        if self.usual is Misbehaviour.HANG:
            self.usual = Answer()
        self._loop.call_soon_threadsafe(self._let_go)

    def _let_go(self) -> None:
        released, self._released = self._released, asyncio.Event()
        released.set()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        handler = web.Server(self._handle, access_log=None)
        goodbye = None if self._tls is None else GOODBYE
        try:
            server = await self._loop.create_server(
                handler, "127.0.0.1", 0, ssl=self._tls, ssl_shutdown_timeout=goodbye
            )
        except BaseException as error:
            self._started.set_exception(error)
            raise
        self._started.set_result(server.sockets[0].getsockname()[1])
        await self._ended.wait()
        await asyncio.sleep(0.01)  # what was just accepted becomes a connection, which only an open server can have
        server.close()
        await handler.shutdown(0.01)  # requests that hang end with the server
        await asyncio.sleep(0.01 + 2 * (goodbye or 0.0))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is None:
            raise ConnectionResetError
        port: int = request.transport.get_extra_info("peername")[1]
        headers = CIMultiDict(request.headers)
        body = await request.content.read()
        self.requests.append(ReceivedRequest(request.method, request.raw_path, headers, body, port))
        answer = self.answers.popleft() if self.answers else self.usual
        if isinstance(answer, Answer):
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        return await self._misbehave(answer, request, request.transport)

    async def _misbehave(
        self, how: Misbehaviour, request: web.BaseRequest, transport: asyncio.Transport
    ) -> web.StreamResponse:
        if how is Misbehaviour.HANG:
            await self._released.wait()
            return web.Response(body=b"ok")
        if how is Misbehaviour.DRIP:
            return await _drip(request)
        if how is Misbehaviour.GARBAGE:
            transport.write(b"\0\1\2 this is not HTTP\r\n\r\n")
            transport.close()
        else:
            transport.abort()
        raise ConnectionResetError


async def _drip(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b".")
        await asyncio.sleep(0.05)
