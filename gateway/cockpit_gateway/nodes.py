"""The nodes that share a store, as a person sees them: whether they live, and what each of them is home of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.homes import UPKEEP, homes_of
from cockpit_gateway.delivery.lease import EVERY
from cockpit_gateway.store.nodes import Cluster, Node, NodeFacts
from cockpit_gateway.targets import PLAN_TARGET

LATE = 2 * EVERY + 1.0
"""Seconds without a heartbeat after which a node is late: two are missing."""


class NodeState(StrEnum):
    """Whether a node lives."""

    ALIVE = "alive"
    LATE = "late"
    """It was not heard of for a while; others take over when its lease runs out."""
    LEAVING = "leaving"
    """It stops, and gives its targets away."""
    GONE = "gone"
    """It was not heard of any more, and others have taken over; shown for a day."""


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node.

    Attributes:
        facts: What it tells of itself.
        state: Whether it lives.
        silent: Seconds since it was last heard of, by the store's clock.
        here: True for the node that was asked.
        targets: Those of which it is home.
        upkeep: Whether it deletes what is old, for all.
        differs: Whether its configuration is not that of the node that was asked.
    """

    facts: NodeFacts
    state: NodeState
    silent: float
    here: bool
    targets: Sequence[TargetId]
    upkeep: bool
    differs: bool


def reports(cluster: Cluster) -> Sequence[NodeReport]:
    """Return a report of each node.

    Args:
        cluster: The nodes.
    """
    homes = homes_of(cluster)
    own = next((node.facts.digest for node in cluster.nodes if node.owner == cluster.me), None)
    found: list[NodeReport] = []
    for node in cluster.nodes:
        at_home = homes.get(node.owner or "", ())
        state = _state(node)
        targets = [target_id for target_id in at_home if target_id != UPKEEP and target_id.target != PLAN_TARGET]
        differs = state is not NodeState.GONE and own is not None and node.facts.digest != own
        here = node.owner == cluster.me
        found.append(NodeReport(node.facts, state, node.silent, here, targets, UPKEEP in at_home, differs))
    return found


def _state(node: Node) -> NodeState:
    if node.owner is None or node.left < 0:
        return NodeState.GONE
    if node.silent > LATE:
        return NodeState.LATE
    return NodeState.LEAVING if node.facts.leaving else NodeState.ALIVE
