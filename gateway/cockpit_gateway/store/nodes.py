"""Nodes: the gateways that share a store, and which of them is home of which target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.notices import Change


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node tells the others about itself.

    Attributes:
        name: Its name, as configured, or its host and process id.
        version: Of the program.
        started_at: Seconds since the Unix epoch.
        address: Where Cockpit posts to; "" before it listens.
        digest: What tells its configuration from another.
        targets: Those that it can deliver to.
        broken: Those of which it is home whose breaker is open, each with the reason.
        leaving: True once it gives its targets away, because it stops.
        reloaded_at: When it last tried to reload its configuration, seconds since the Unix epoch.
        problem: Why that failed; None if it did not.
    """

    name: str
    version: str = ""
    started_at: float = 0.0
    address: str = ""
    digest: str = ""
    targets: frozenset[TargetId] = frozenset()
    broken: Mapping[TargetId, str] = field(default_factory=dict[TargetId, str])
    leaving: bool = False
    reloaded_at: float = 0.0
    problem: str | None = None


class Node(NamedTuple):
    """A node, as the store knows it.

    Attributes:
        owner: Whom its leases belong to; None if they are gone.
        facts: What it told.
        silent: Seconds since it was last heard of, by the store's clock.
        left: Seconds that its lease lasts without a further heartbeat; negative once it has run out.
    """

    owner: str | None
    facts: NodeFacts
    silent: float
    left: float


class Cluster(NamedTuple):
    """All that share a store.

    Attributes:
        me: Whom this process's leases belong to: another one than before, once they have run out.
        nodes: The nodes; those that are gone last, for a day.
        homes: Who is home of which target.
    """

    me: str
    nodes: Sequence[Node]
    homes: Mapping[TargetId, str]


class Membership(Protocol):
    """What a node asks of the store about itself and the others."""

    @property
    def shared(self) -> bool:
        """Whether other processes may use the same store; if not, this one is home of every target."""
        ...

    async def describe(self, facts: NodeFacts) -> None:
        """Tell what this node is; from then on it is one."""
        ...

    async def cluster(self) -> Cluster:
        """Return who is there."""
        ...

    async def take_homes(self, target_ids: Collection[TargetId]) -> Collection[TargetId]:
        """Become home of those of these targets that have none; return them. Who has no lease gets none."""
        ...

    async def free_homes(self, target_ids: Collection[TargetId]) -> None:
        """Be home of these targets no longer."""
        ...

    def tell(self, change: Change) -> None:
        """Tell the other nodes, soon, what has changed."""
        ...
