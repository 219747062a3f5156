"""Nodes as the API shows them."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from cockpit_gateway.nodes import NodeReport, NodeState
from cockpit_gateway.web.api.views.base import Time, View, iso


class NodeTarget(View):
    """A target of which a node is home."""

    plugin: str = Field(description="The plugin that it belongs to.")
    target: str = Field(description="Its name.")


class NodeSummary(View):
    """A gateway that shares the store."""

    name: str = Field(description="Its name, as configured, or its host and process id.")
    state: NodeState = Field(description="Whether it lives.")
    here: bool = Field(description="Whether it is the one that answers.")
    version: str = Field(description="Of the program.")
    address: str | None = Field(description="Where events are posted to.")
    started_at: Time = Field(description="When it was started.")
    silent_seconds: float = Field(description="For how long it was not heard of.")
    targets: list[NodeTarget] = Field(description="Where it alone delivers to.")
    upkeep: bool = Field(description="Whether it deletes what is old, for all.")
    configuration: str = Field(description="What tells its configuration from another.")
    differs: bool = Field(description="Whether its configuration is not that of the node that answers.")
    reloaded_at: Time = Field(description="When it last read its configuration file.")
    problem: str | None = Field(description="Why it could not take that over, null if it could.")

    @classmethod
    def of(cls, node: NodeReport) -> Self:
        """Return what is shown of a node."""
        facts = node.facts
        return cls(
            name=facts.name,
            state=node.state,
            here=node.here,
            version=facts.version,
            address=facts.address or None,
            started_at=iso(facts.started_at),
            silent_seconds=round(max(0.0, node.silent), 3),
            targets=[NodeTarget(plugin=plugin, target=target) for plugin, target in node.targets],
            upkeep=node.upkeep,
            configuration=facts.digest,
            differs=node.differs,
            reloaded_at=iso(facts.reloaded_at),
            problem=facts.problem,
        )


class NodeList(View):
    """All nodes."""

    nodes: list[NodeSummary] = Field(description="By name; those that are gone last.")
