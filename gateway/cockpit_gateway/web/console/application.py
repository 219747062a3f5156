"""The console, put together: what is served below `/console` at `api.listen`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Protocol

from aiohttp import web
from yarl import URL

from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock
from cockpit_gateway.config import ApiClient, Settings, Source
from cockpit_gateway.web.access import without_token
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.console.assets import Assets
from cockpit_gateway.web.console.bulk import Bulk
from cockpit_gateway.web.console.configuration_page import ConfigurationPage
from cockpit_gateway.web.console.delivery_list import DeliveryList
from cockpit_gateway.web.console.delivery_page import DeliveryPage
from cockpit_gateway.web.console.entrance import Entrance
from cockpit_gateway.web.console.event_list import EventList
from cockpit_gateway.web.console.event_page import EventPage
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.guard import Guard, add_headers
from cockpit_gateway.web.console.links import Links
from cockpit_gateway.web.console.node_list import NodeList
from cockpit_gateway.web.console.overview import OverviewPage
from cockpit_gateway.web.console.plugin_list import PluginList
from cockpit_gateway.web.console.sessions import Sessions
from cockpit_gateway.web.console.tail import Tail
from cockpit_gateway.web.console.target_pages import TargetPages
from cockpit_gateway.web.console.webhook_pages import WebhookPages

PREFIX = "/console"

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what may have been configured


class Pages(Protocol):
    """A group of pages: a file of this folder, and its templates."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Its places in the navigation."""
        ...

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, below the console's path; each handler says what it needs with `needs`."""
        ...


class Console:
    """The console.

    Args:
        settings: Say where it is served.
        clients: Who may log in, by name.
        sources: The Cockpit sites, by name.
        administration: Does what is asked.
        catalogue: The known events.
        clock: The time.
    """

    def __init__(
        self,
        settings: Settings,
        clients: Mapping[str, ApiClient],
        sources: Mapping[str, Source],
        administration: Administration,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        api = settings.api
        self.root = api.base_path + PREFIX
        self._hosts = api.hosts
        self.links = Links(clock)
        assets = Assets()
        self._frame = frame = Frame(self.root, clock, assets)
        sessions = Sessions(clients, administration.sealer, self.root, administration.store, clock)
        is_loopback = api.listen is not None and api.listen.path is None and api.listen.is_local
        names = {"localhost", *api.hosts} if is_loopback or api.hosts else ()
        self._guard = Guard(sessions, frame, names, api.base_path)
        self._entrance = Entrance(frame, sessions, self.links, Clients(settings.server.trusted_proxies), clock)
        self._assets = assets
        self._tail = Tail(frame, administration)
        self.pages: list[Pages] = [
            OverviewPage(frame, administration, sources),
            EventList(frame, administration, catalogue, sources),
            EventPage(frame, administration, catalogue),
            self._tail,
            DeliveryList(frame, administration),
            DeliveryPage(frame, administration),
            Bulk(frame, administration),
            TargetPages(frame, administration),
            WebhookPages(frame, administration, catalogue, sources),
            PluginList(frame, administration),
            NodeList(frame, administration),
            ConfigurationPage(frame, administration),
        ]
        frame.entries = [entry for group in self.pages for entry in group.entries]

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers, below its own path."""
        pages = [route for group in self.pages for route in group.routes()]
        return [*self._assets.routes(), *self._entrance.routes(), *pages]

    def listens_at(self, address: str) -> None:
        """Note where it can be reached from now on: a URL without path, or "unix:" and a path."""
        found = _for_browsers(address, self._hosts)
        self.links.console = None if found is None else found + self.root

    def application(self) -> web.Application:
        """Return it as an application to put below `root`."""
        app = web.Application(middlewares=[self._guard.middleware()])
        app.on_response_prepare.append(add_headers)
        app.on_startup.append(self._frame.prepare)
        app.on_shutdown.append(self._tail.end)
        app.add_routes(self.routes())
        return app

    @without_token
    async def front(self, _request: web.Request) -> web.StreamResponse:
        """Send whoever asks for the address alone to the console."""
        return web.Response(status=HTTPStatus.FOUND, headers={"Location": f"{self.root}/"})


def _for_browsers(address: str, hosts: Sequence[str]) -> str | None:
    """Return what a browser on this machine is given for an address, None if there is nothing to give.

    Example:
        >>> _for_browsers("http://0.0.0.0:8788", []), _for_browsers("unix:/run/api.sock", ["gateway.example.org"])
        ('http://localhost:8788', 'https://gateway.example.org')
    """
    if address.startswith("unix:"):
        return f"https://{hosts[0]}" if hosts else None
    url = URL(address)
    return str(url.with_host("localhost")) if url.host in EVERYWHERE else address
