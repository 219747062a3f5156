"""Which node should be home of which target.

Every node comes to the same answer, and few targets move when one comes or goes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.nodes import Node
from cockpit_gateway.targets import PLAN_TARGET


def assign(nodes: Iterable[Node]) -> Mapping[TargetId, str]:
    """Return who should be home of each target.

    A target belongs to the node that scores highest for it (rendezvous hashing) among those that know it, unless that
    one has its share of the plugin's targets already: chance would give a few targets to few nodes.

    Args:
        nodes: Those that are there.

    Returns:
        Owners by target; nothing for a target that no node knows, or all that do are leaving.
    """
    staying = [(node.owner, node.facts) for node in nodes if node.owner is not None and not node.facts.leaving]
    knowing: dict[TargetId, list[tuple[str, str]]] = {}
    for owner, facts in staying:
        for target_id in facts.targets:
            knowing.setdefault(target_id, []).append((facts.name, owner))
    shares = _shares(knowing)
    taken: Counter[tuple[str, str]] = Counter()
    homes: dict[TargetId, str] = {}
    for target_id in sorted(knowing, key=lambda it: _score(str(it))):
        ranked = sorted(knowing[target_id], key=lambda node: (_score(node[0], str(target_id)), node[1]), reverse=True)
        kind = _kind(target_id)
        with_room = (owner for _, owner in ranked if taken[kind, owner] < shares[kind])
        home = next(with_room, ranked[0][1])
        taken[kind, home] += 1
        homes[target_id] = home
    return homes


def _shares(knowing: Mapping[TargetId, Collection[tuple[str, str]]]) -> Mapping[str, int]:
    """Return how many targets of each kind one node has at most: the same number for all, rounded up."""
    targets = Counter(map(_kind, knowing))
    nodes = {kind: set[str]() for kind in targets}
    for target_id, found in knowing.items():
        nodes[_kind(target_id)].update(owner for _, owner in found)
    return {kind: -(-count // len(nodes[kind])) for kind, count in targets.items()}


def _kind(target_id: TargetId) -> str:
    """Return what a target is like: those of a plugin are, but for the one that has next to nothing to do."""
    return target_id.plugin if target_id.target != PLAN_TARGET else str(target_id)


def _score(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).digest()
