"""The listeners: one that Cockpit posts to, the 0600 Unix socket of the command line, and one for probes if wanted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware
from yarl import URL

from cockpit_gateway.config import ApiClient, Listen, Settings
from cockpit_gateway.config.tls import server_context
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.web.access import access_middleware
from cockpit_gateway.web.api import api_application
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.console.application import Console
from cockpit_gateway.web.problems import problems_middleware
from cockpit_gateway.web.server import Runner, Site
from cockpit_gateway.web.sockets import Sockets, bind_unix

LAST_REQUESTS = 0.05
"""Seconds between the last connection and the end: a connection that was just accepted has its request read by then.
aiohttp would neither read nor close it, and wait for it until the grace period is over."""


class Listeners:
    """Listens, once the parts behind the routes are ready.

    Args:
        settings: The `server` section says where.
        clients: Who may ask the API, by name.
        admin_socket: Path of the command line's socket.
        sockets: What is listened on.
    """

    def __init__(
        self, settings: Settings, clients: Mapping[str, ApiClient], admin_socket: Path, sockets: Sockets
    ) -> None:
        self._clients = clients
        self.sockets = sockets
        self._server = settings.server
        self._api = settings.api
        self._admin_socket = admin_socket
        self._runners: list[Runner] = []
        self.address = ""
        """Where Cockpit posts to: a URL without path, or "unix:" and a path."""
        self.probes_address = ""
        """Where probes and metrics are answered, if at a TCP address of their own."""
        self.api_address = ""
        """Where the admin API is answered, if at a TCP address."""

    async def start(
        self,
        *,
        public: Sequence[web.RouteDef],
        probes: Sequence[web.RouteDef],
        admin: Sequence[web.RouteDef],
        console: Console,
        metrics: Metrics,
    ) -> None:
        """Listen for all.

        Args:
            public: Cockpit's routes.
            probes: Probes and metrics; at an address of their own if one is configured.
            admin: The command line's routes.
            console: The pages for people, beside the admin API.
            metrics: Counts what is refused.

        Raises:
            OSError: `listen` is in use or not ours.
            GatewayError: `admin_listen` or `api.listen` is.
            TlsError: the certificate cannot be used.
        """
        local = await self._started(api_application(self._problems(metrics)), admin, metrics)
        self._admin_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._serve(local, [bind_unix(self._admin_socket)])
        if self._api.listen is not None:
            self.api_address = await self._listen_for_api(admin, console, metrics, self._api.listen)
            console.listens_at(self.api_address)
        if self._server.admin_listen is not None:
            runner = await self._run(probes, metrics)
            sockets = self._open(self._server.admin_listen, "probes and metrics", "server.admin_listen")
            self.probes_address = await self._serve_there(runner, sockets)
            probes = ()
        runner = await self._run([_based(route, self._server.base_path) for route in (*public, *probes)], metrics)
        tls = None if self._server.tls is None else server_context(self._server.tls)
        await self._serve(runner, self.sockets.open(self._server.listen, public=True), tls)
        self.address = _address(runner, "http" if tls is None else "https")
        self.sockets.close_others()

    async def stop(self, *, handing_over: bool = False) -> None:
        """Accept no more, and let the requests under way finish within the grace period.

        Args:
            handing_over: True if another process goes on listening at the same sockets.
        """
        for site in [site for runner in self._runners for site in runner.sites]:
            await site.stop()
        if self._runners:  # else it is the socket of the process that owns the store
            await asyncio.sleep(LAST_REQUESTS)
            self._admin_socket.unlink(missing_ok=True)
        for runner in reversed(self._runners):
            await runner.cleanup()
        if not handing_over:
            self.sockets.remove_files()
        self._runners.clear()

    async def _run(self, routes: Sequence[web.RouteDef], metrics: Metrics) -> Runner:
        app = web.Application(middlewares=[self._problems(metrics)], client_max_size=self._server.max_body)
        return await self._started(app, routes, metrics)

    def _problems(self, metrics: Metrics) -> Middleware:
        return problems_middleware(metrics, self._server.base_path, Clients(self._server.trusted_proxies).name)

    async def _started(self, app: web.Application, routes: Sequence[web.RouteDef], metrics: Metrics) -> Runner:
        app.add_routes(routes)
        runner = Runner(app, self._server, metrics)
        self._runners.append(runner)
        await runner.setup()
        return runner

    async def _listen_for_api(
        self, routes: Sequence[web.RouteDef], console: Console, metrics: Metrics, listen: Listen
    ) -> str:
        based = [_based(route, self._api.base_path) for route in routes]
        pages = console.application()
        fronts = [web.get(path, console.front) for path in {"/", f"{self._api.base_path}/", console.root}]
        app = api_application(self._problems(metrics), access_middleware(self._clients, beside=pages))
        app.add_subapp(console.root, pages)
        runner = await self._started(app, [*based, *fronts], metrics)
        tls = None if self._api.tls is None else server_context(self._api.tls)
        return await self._serve_there(runner, self._open(listen, "the API", "api.listen"), tls)

    def _open(self, listen: Listen, what: str, setting: str) -> Sequence[socket.socket]:
        try:
            return self.sockets.open(listen)
        except OSError as error:
            raise GatewayError(f"cannot listen on {listen} for {what}: {error.strerror}; change {setting}") from error

    async def _serve_there(
        self, runner: Runner, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> str:
        """Serve at sockets, and return their address."""
        await self._serve(runner, sockets, tls)
        return _address(runner, "http" if tls is None else "https")

    async def _serve(self, runner: Runner, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        for one in sockets:
            await Site(runner, self._server, one, tls).start()


def _based(route: web.RouteDef, base_path: str) -> web.RouteDef:
    return web.route(route.method, base_path + route.path, route.handler, **route.kwargs)


def _address(runner: Runner, scheme: str) -> str:
    """Return where a runner listens first: a URL without path, or "unix:" and a path."""
    found = runner.addresses[0]
    if isinstance(found, str):
        return f"unix:{found}"
    return str(URL.build(scheme=scheme, host=found[0], port=found[1]))
