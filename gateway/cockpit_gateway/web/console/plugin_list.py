"""The plugins: what is installed, where it comes from, and whether it works."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame


class PluginList:
    """Lists plugins.

    Args:
        frame: Makes the page.
        administration: Knows the plugins.
    """

    entries = (Entry("/plugins", "Plugins"),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/plugins", self.plugins)]

    @needs(Scope.READ)
    async def plugins(self, request: web.Request) -> web.Response:
        """List the plugins, broken and disabled ones included."""
        found = self._admin.registry.plugins.values()
        return self._frame.page(
            request, "plugins.html", plugins=[(plugin, self._admin.plugin_status(plugin)) for plugin in found]
        )
