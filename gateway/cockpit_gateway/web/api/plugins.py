"""The plugins: what is installed, whether it works, and what it does just now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.parameters import Flag, Query
from cockpit_gateway.web.api.queries import NamesQuery, page_by_name
from cockpit_gateway.web.api.traces import Watchers
from cockpit_gateway.web.api.views.targets import PluginList, PluginSummary
from cockpit_gateway.web.api.views.traces import TracedCall


class TraceQuery(Query):
    """Which calls of hooks."""

    plugin: list[str] = Field(default=[], description="Only of this plugin; may be given several times.")
    hook: list[str] = Field(default=[], description="Only of this hook; may be given several times.")
    arguments: Flag = Field(default=False, description="With what Cockpit sent: it may be personal.")


class Plugins(Resource):
    """What is installed, and whether it works.

    Args:
        administration: Does what is asked.
        watchers: Those who watch the calls of hooks.
    """

    tag = "plugins"

    def __init__(self, administration: Administration, watchers: Watchers) -> None:
        self._admin = administration
        self._watchers = watchers

    @operation("GET", "/plugins", Scope.READ)
    async def list_plugins(self, query: NamesQuery) -> PluginList:
        """List the plugins, broken and disabled ones included."""
        plugins = list(self._admin.registry.plugins.values())
        page = page_by_name(plugins, lambda plugin: (plugin.name,), query)
        rows = [PluginSummary.of(plugin, self._admin.plugin_status(plugin)) for plugin in page.rows]
        return PluginList(plugins=rows, next=page.following)

    @operation("GET", "/plugins/trace", Scope.READ, may=[HTTPStatus.CONFLICT])
    async def trace_hooks(self, query: TraceQuery) -> AsyncIterator[TracedCall | None]:
        """Watch the calls of hooks as they end, one a line, until one side goes.

        An empty line is sent now and then when there is no call.
        """
        return self._watchers.watch(query.plugin, query.hook, with_arguments=query.arguments)
