"""The admin API's reload."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.config.differences import Change
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.errors import ConfigError, PluginError
from cockpit_gateway.events import JSONValue
from cockpit_gateway.reloading import ReloadState
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.problems import Problem
from cockpit_gateway.web.views import View, iso, json_response


class ReloadApi:
    """Reloads, and tells how it went.

    Args:
        administration: Does it.
    """

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/api/v1/reload", self.state, allow_head=False),
            web.post("/api/v1/reload", self.reload),
        ]

    @needs(Scope.READ)
    async def state(self, _request: web.Request) -> web.Response:
        """Answer which configuration is in force, and how the last reload went."""
        return json_response(state_view(self._admin.reload_state()))

    @needs(Scope.ADMIN)
    async def reload(self, _request: web.Request) -> web.Response:
        """Put the configuration file in force as it is now; answer what is different, and what waits for a restart."""
        try:
            reload = await self._admin.reload()
        except (ConfigError, PluginError) as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        changes = {"changes": changes_view(reload.changes)}
        return json_response(changes | state_view(self._admin.reload_state()))


def state_view(state: ReloadState) -> View:
    """Return how the last reload went."""
    return {
        "hash": state.digest,
        "loaded_at": iso(state.loaded_at),
        "reloaded_at": iso(state.tried_at),
        "problem": state.problem,
        "needs_restart": changes_view(state.deferred),
    }


def changes_view(changes: Sequence[Change]) -> JSONValue:
    """Return what is different, by setting."""
    return [{"setting": render_path(change.path), "change": change.what} for change in changes]
