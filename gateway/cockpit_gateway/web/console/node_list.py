"""The nodes: the gateways that share the store, and what each of them delivers to."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame


class NodeList:
    """Lists nodes.

    Args:
        frame: Makes the page.
        administration: Knows the nodes.
    """

    entries = (Entry("/nodes", "Nodes"),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/nodes", self.nodes)]

    @needs(Scope.READ)
    async def nodes(self, request: web.Request) -> web.Response:
        """List the nodes, and those that are gone."""
        return self._frame.page(request, "nodes.html", nodes=await self._admin.nodes())
