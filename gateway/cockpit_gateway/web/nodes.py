"""The nodes that share the store, told by the admin API."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.nodes import NodeReport
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.views import View, iso, json_response


class NodeApi:
    """Answers who is there.

    Args:
        administration: Knows the nodes.
    """

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/api/v1/nodes", self.nodes)]

    @needs(Scope.READ)
    async def nodes(self, _request: web.Request) -> web.Response:
        """List the nodes, with what each is home of."""
        return json_response({"nodes": [node_view(node) for node in await self._admin.nodes()]})


def node_view(node: NodeReport) -> View:
    """Return a node."""
    facts = node.facts
    return {
        "name": facts.name,
        "state": node.state.value,
        "here": node.here,
        "version": facts.version,
        "address": facts.address or None,
        "started_at": iso(facts.started_at),
        "silent_seconds": round(max(0.0, node.silent), 3),
        "targets": [{"plugin": target_id.plugin, "target": target_id.target} for target_id in node.targets],
        "upkeep": node.upkeep,
        "configuration": facts.digest,
        "differs": node.differs,
        "reloaded_at": iso(facts.reloaded_at),
        "problem": facts.problem,
    }
