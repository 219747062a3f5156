"""The configuration: every setting that is in force, where it comes from, how the last reload went; and a new one."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.config.showing import as_value
from cockpit_gateway.errors import ConfigError, PluginError
from cockpit_gateway.reloading import Reload
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame


class ConfigurationPage:
    """Shows the configuration, and reloads it.

    Args:
        frame: Makes the page.
        administration: Knows the configuration.
    """

    entries = (Entry("/configuration", "Configuration"),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/configuration", self.configuration), web.post("/configuration/reload", self.reload)]

    @needs(Scope.READ)
    async def configuration(self, request: web.Request) -> web.Response:
        """Show it."""
        return await self._page(request)

    @needs(Scope.ADMIN)
    async def reload(self, request: web.Request) -> web.Response:
        """Put the file in force as it is now, and tell what is another; a file with mistakes changes nothing."""
        try:
            return await self._page(request, reloaded=await self._admin.reload())
        except (ConfigError, PluginError):  # the state says which
            return await self._page(request, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def _page(
        self, request: web.Request, status: int = HTTPStatus.OK, *, reloaded: Reload | None = None
    ) -> web.Response:
        settings = [
            (render_path(setting.path), as_value(setting.value), setting.origin)
            for setting in await self._admin.configuration()
        ]
        state = self._admin.reload_state()
        return self._frame.page(
            request,
            "configuration.html",
            status,
            settings=settings,
            state=state,
            deferred=[render_path(change.path) for change in state.deferred],
            changed=None if reloaded is None else [(render_path(path), what) for path, what in reloaded.changes],
        )
