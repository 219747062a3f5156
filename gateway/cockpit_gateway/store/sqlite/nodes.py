"""The one node that uses a file: it is home of every target."""

from __future__ import annotations

import math
from collections.abc import Collection

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.nodes import Cluster, Node, NodeFacts
from cockpit_gateway.store.notices import Change

ME = "here"
"""Stands for the owner of the file."""


class OnlyNode:
    """The part of a store that knows the nodes, where there is but one; see `Store` for its methods."""

    def __init__(self) -> None:
        self._facts: NodeFacts | None = None

    @property
    def shared(self) -> bool:
        """Whether other processes may use the same store: none does."""
        return False

    async def describe(self, facts: NodeFacts) -> None:
        """Tell what this node is."""
        self._facts = facts

    async def cluster(self) -> Cluster:
        """Return this node."""
        if self._facts is None:
            return Cluster(ME, (), {})
        return Cluster(ME, [Node(ME, self._facts, 0.0, math.inf)], dict.fromkeys(self._facts.targets, ME))

    async def take_homes(self, target_ids: Collection[TargetId]) -> Collection[TargetId]:
        """Become home of what has none: all are at home here already."""
        return set(target_ids)

    async def free_homes(self, target_ids: Collection[TargetId]) -> None:
        """Be home of them nevertheless: there is nobody else."""

    def tell(self, change: Change) -> None:
        """Tell nobody."""
