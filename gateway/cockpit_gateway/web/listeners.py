"""The listeners: one that Cockpit posts to, the 0600 Unix socket of the command line, and one for probes if wanted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from yarl import URL

from cockpit_gateway.config import Listen, Settings
from cockpit_gateway.config.tls import server_context
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.web.clients import Clients
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
        self.probes_address = ""
        """Where probes and metrics are answered, if at a TCP address of their own."""

    async def start(
        self,
        *,
        public: Sequence[web.RouteDef],
        probes: Sequence[web.RouteDef],
        admin: Sequence[web.RouteDef],
        metrics: Metrics,
    ) -> None:
        """Listen for all.

        Args:
            public: Cockpit's routes.
            probes: Probes and metrics; at an address of their own if one is configured.
            admin: The command line's routes.
            metrics: Counts what is refused.

        Raises:
            OSError: an address is in use or not ours.
            TlsError: the certificate cannot be used.
        """
        await self._listen_unix(await self._run(admin, metrics), self._admin_socket)
        if self._server.admin_listen is not None:
            await self._listen_for_probes(await self._run(probes, metrics), self._server.admin_listen)
            probes = ()
        runner = await self._run([self._based(route) for route in (*public, *probes)], metrics)
        tls = None if self._server.tls is None else server_context(self._server.tls)
        listen = self._server.listen
        if listen.path is not None:
            await self._listen_unix(runner, listen.path)
            self.address = f"unix:{listen.path}"
        else:
            await web.TCPSite(runner, listen.host, listen.port, backlog=BACKLOG, ssl_context=tls).start()
            scheme = "http" if tls is None else "https"
            self.address = str(URL.build(scheme=scheme, host=listen.host, port=runner.addresses[0][1]))

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
        problems = problems_middleware(metrics, self._server.base_path, Clients(self._server.trusted_proxies).name)
        app = web.Application(middlewares=[problems], client_max_size=self._server.max_body)
        app.add_routes(routes)
        runner = Runner(app, self._server)
        self._runners.append(runner)
        await runner.setup()
        return runner

    def _based(self, route: web.RouteDef) -> web.RouteDef:
        return web.route(route.method, self._server.base_path + route.path, route.handler, **route.kwargs)

    async def _listen_for_probes(self, runner: Runner, listen: Listen) -> None:
        if listen.path is not None:
            await self._listen_unix(runner, listen.path)
            return
        await web.TCPSite(runner, listen.host, listen.port, backlog=BACKLOG).start()
        self.probes_address = str(URL.build(scheme="http", host=listen.host, port=runner.addresses[0][1]))

    async def _listen_unix(self, runner: Runner, path: Path) -> None:
        # The store's lock is ours, so a socket file that is still there was left by a dead process.
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - at start, before anything is served
        umask = os.umask(0o177)
        try:
            await web.UnixSite(runner, path, backlog=BACKLOG).start()
        finally:
            os.umask(umask)
