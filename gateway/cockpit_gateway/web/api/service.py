"""The admin API under `/api/v1`, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import PluginConfig, Source
from cockpit_gateway.web.api.activity import Activity
from cockpit_gateway.web.api.answering import Answering
from cockpit_gateway.web.api.deliveries import Deliveries
from cockpit_gateway.web.api.endpoint_settings import with_endpoint_settings
from cockpit_gateway.web.api.endpoints import Endpoints
from cockpit_gateway.web.api.events import Events
from cockpit_gateway.web.api.gateway import GatewayItself
from cockpit_gateway.web.api.idempotency import Idempotency
from cockpit_gateway.web.api.manners import LARGEST_BODY, add_headers, explained
from cockpit_gateway.web.api.nodes import Nodes
from cockpit_gateway.web.api.openapi import document
from cockpit_gateway.web.api.operations import Resource
from cockpit_gateway.web.api.plugins import Plugins
from cockpit_gateway.web.api.reloads import ConfigurationInForce
from cockpit_gateway.web.api.targets import Targets
from cockpit_gateway.web.api.traces import Watchers
from cockpit_gateway.web.console.links import Links

RESOURCES: tuple[type[Resource], ...] = (
    Events,
    Deliveries,
    Endpoints,
    Targets,
    Activity,
    Plugins,
    Nodes,
    ConfigurationInForce,
    GatewayItself,
)
"""What there is, in the order in which it is described."""


class Api:
    """Answers the command line, and whoever has a token.

    Args:
        administration: Does what is asked.
        sources: The configured sources, by name.
        links: Opens the console.
        base_path: What stands before every path at `api.listen`.
    """

    def __init__(
        self, administration: Administration, sources: Mapping[str, Source], links: Links, base_path: str
    ) -> None:
        self._admin = administration
        self._sources = sources
        self._links = links
        self._base_path = base_path
        self._watchers = Watchers(administration.registry.trace, administration.hide)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        answering = Answering(Idempotency(self._admin.store, self._admin.sealer, self._admin.clock))
        return [route for resource in self._resources() for route in answering.routes(resource)]

    def end(self) -> None:
        """End the answers that would go on: the gateway stops."""
        self._watchers.end()

    def _resources(self) -> Iterable[Resource]:
        return (
            Events(self._admin),
            Deliveries(self._admin),
            Endpoints(self._admin),
            Targets(self._admin),
            Activity(self._admin, self._sources),
            Plugins(self._admin, self._watchers),
            Nodes(self._admin),
            ConfigurationInForce(self._admin),
            GatewayItself(self._admin, self._links, lambda: self._document),
        )

    @cached_property
    def _document(self) -> dict[str, Any]:
        return openapi_document(self._admin.version, self._admin.registry.config_models(), self._base_path)


def openapi_document(
    version: str, models: Mapping[str, type[PluginConfig] | None], base_path: str = ""
) -> dict[str, Any]:
    """Return the description of the API.

    Args:
        version: The gateway's version.
        models: The model of each plugin's section: one of them knows what an endpoint's settings are.
        base_path: What stands before every path at `api.listen`.
    """
    return with_endpoint_settings(document(RESOURCES, version, base_path), models)


def api_application(*middlewares: Middleware) -> web.Application:
    """Return an application for the API's routes.

    Args:
        middlewares: Those of the listener, the outermost first.
    """
    app = web.Application(middlewares=[*middlewares, explained], client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(add_headers)
    return app
