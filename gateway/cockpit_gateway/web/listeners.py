"""The listeners: one that Cockpit posts to, and the 0600 Unix socket of the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from yarl import URL

from cockpit_gateway.config import Settings
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.web.problems import problems_middleware
from cockpit_gateway.web.server import Runner

BACKLOG = 1024
"""Connections that the kernel keeps for us while the loop is busy; Cockpit makes a new one for each POST."""


LAST_REQUESTS = 0.05
"""Seconds between the last connection and the end: a connection that was just accepted has its request read by then.
aiohttp would neither read nor close it, and wait for it until the grace period is over."""


class Listeners:
    """Listens, once the parts behind the routes are ready.

    Args:
        settings: The `server` section says where.
        admin_socket: Path of the command line's socket.
    """

    def __init__(self, settings: Settings, admin_socket: Path) -> None:
        self._server = settings.server
        self._admin_socket = admin_socket
        self._runners: list[Runner] = []
        self.address = ""
        """Where Cockpit posts to: a URL without path, or "unix:" and a path."""

    async def start(self, *, public: Sequence[web.RouteDef], admin: Sequence[web.RouteDef], metrics: Metrics) -> None:
        """Listen for both.

        Raises:
            OSError: an address is in use or not ours.
        """
        await self._listen_unix(await self._run(admin, metrics), self._admin_socket)
        runner = await self._run(public, metrics)
        listen = self._server.listen
        if listen.path is not None:
            await self._listen_unix(runner, listen.path)
            self.address = f"unix:{listen.path}"
        else:
            await web.TCPSite(runner, listen.host, listen.port, backlog=BACKLOG).start()
            self.address = str(URL.build(scheme="http", host=listen.host, port=runner.addresses[0][1]))

    async def stop(self) -> None:
        """Accept no more, and let the requests under way finish within the grace period."""
        for runner in reversed(self._runners):
            for site in list(runner.sites):
                await site.stop()
            await asyncio.sleep(LAST_REQUESTS)
            await runner.cleanup()
        if self._runners:  # else it is the socket of the process that owns the store
            self._admin_socket.unlink(missing_ok=True)
        self._runners.clear()

    async def _run(self, routes: Sequence[web.RouteDef], metrics: Metrics) -> Runner:
        app = web.Application(middlewares=[problems_middleware(metrics)], client_max_size=self._server.max_body)
        app.add_routes(routes)
        runner = Runner(app, shutdown_timeout=self._server.grace)
        self._runners.append(runner)
        await runner.setup()
        return runner

    async def _listen_unix(self, runner: Runner, path: Path) -> None:
        # The store's lock is ours, so a socket file that is still there was left by a dead process.
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - at start, before anything is served
        umask = os.umask(0o177)
        try:
            await web.UnixSite(runner, path, backlog=BACKLOG).start()
        finally:
            os.umask(umask)
