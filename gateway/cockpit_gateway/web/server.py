"""aiohttp's server, taught to bound its connections, and to answer what its HTTP parser refuses with a problem too."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from cockpit_gateway.config import Server as Settings
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.web.connection import Connection
from cockpit_gateway.web.refusals import MOST_HEADERS
from cockpit_gateway.web.sockets import BACKLOG

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""The answer to a connection that finds no room."""

QUIET = 60.0
"""Seconds between two warnings that the connections are at their bound."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _Server(web.Server):
    """Makes a connection of each that is accepted, within a bound.

    When there is no room, the connection that has been without a request for longest makes some: whoever holds many
    open without asking for anything keeps nobody out.
    """

    def __init__(self, app: web.Application, settings: Settings, metrics: Metrics, **options: Any) -> None:
        super().__init__(app._handle, request_factory=app._make_request, **options)  # type: ignore[arg-type]  # noqa: SLF001 - aiohttp offers no public way to replace the protocol
        self._options = {name: value for name, value in options.items() if name != "loop"}
        self._settings = settings
        self._metrics = metrics
        self._most = settings.max_connections
        self._warned_at = -QUIET

    def __call__(self) -> RequestHandler:
        return Connection(self, self._settings, self._metrics, loop=asyncio.get_running_loop(), **self._options)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self._connections) > self._most:
            self._make_room(handler, transport)

    def _make_room(self, newcomer: RequestHandler, transport: asyncio.Transport) -> None:
        self._warn()
        for connection, its_transport in self._connections.items():
            idle = isinstance(connection, Connection) and connection.is_idle
            if idle or its_transport.is_closing():  # the latter waits for a client to read its last answer
                connection.force_close()
                its_transport.abort()
                return
        transport.write(BUSY)
        newcomer.force_close()

    def _warn(self) -> None:
        now = time.monotonic()
        if now - self._warned_at >= QUIET:
            self._warned_at = now
            log.warning("connections are at their bound", max_connections=self._most)


class Runner(web.AppRunner):
    """Runs an application on that server.

    Args:
        app: The application.
        settings: The bounds.
        metrics: Is told how long clients waited for answers.
    """

    def __init__(self, app: web.Application, settings: Settings, metrics: Metrics) -> None:
        super().__init__(app, shutdown_timeout=settings.grace)
        self._settings = settings
        self._metrics = metrics

    async def _make_server(self) -> web.Server:
        loop = asyncio.get_running_loop()
        self._app._set_loop(loop)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - as AppRunner itself does
        self._app.on_startup.freeze()
        await self._app.startup()
        self._app.freeze()
        settings = self._settings
        return _Server(
            self._app,
            settings,
            self._metrics,
            loop=loop,
            access_log=None,
            max_headers=MOST_HEADERS,
            keepalive_timeout=min(settings.read_timeout, settings.keep_alive),
        )


class Site(web.SockSite):
    """Listens at a socket; a TLS handshake gets as long as the head of a request.

    Args:
        runner: Whose requests come in.
        settings: The bounds.
        one: The socket.
        tls: Speak TLS by this; None for plain HTTP.
    """

    def __init__(self, runner: Runner, settings: Settings, one: socket.socket, tls: ssl.SSLContext | None) -> None:
        super().__init__(runner, one, backlog=BACKLOG, ssl_context=tls)
        self._patience = None if tls is None else settings.read_timeout

    async def start(self) -> None:
        """Accept connections."""
        await web.BaseSite.start(self)
        assert self._runner.server is not None  # noqa: S101 - set up before a site is made
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            sock=self._sock,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._patience,
        )
