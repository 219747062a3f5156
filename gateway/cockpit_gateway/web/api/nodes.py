"""The nodes: the gateways that share the store."""

from __future__ import annotations

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.views.nodes import NodeList, NodeSummary


class Nodes(Resource):
    """The gateways that share the store; where it is a file, there is one.

    Args:
        administration: Does what is asked.
    """

    tag = "nodes"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/nodes", Scope.READ)
    async def list_nodes(self) -> NodeList:
        """List the nodes, with the targets that each delivers to; those that have died within the last day, too."""
        return NodeList(nodes=[NodeSummary.of(node) for node in await self._admin.nodes()])
