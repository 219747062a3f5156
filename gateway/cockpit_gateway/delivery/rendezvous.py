"""Which node should be home of which target.

Every node comes to the same answer, and few targets move when one comes or goes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.nodes import Node


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
        ranked = sorted(knowing[target_id], key=lambda node: _score(*node, str(target_id)), reverse=True)
        plugin = target_id.plugin
        with_room = (owner for _, owner in ranked if taken[plugin, owner] < shares[plugin])
        home = next(with_room, ranked[0][1])
        taken[plugin, home] += 1
        homes[target_id] = home
    return homes


def _shares(knowing: Mapping[TargetId, Collection[tuple[str, str]]]) -> Mapping[str, int]:
    """Return how many targets of each plugin one node has at most: the same number for all, rounded up."""
    targets = Counter(target_id.plugin for target_id in knowing)
    nodes = {plugin: set[str]() for plugin in targets}
    for target_id, found in knowing.items():
        nodes[target_id.plugin].update(owner for _, owner in found)
    return {plugin: -(-count // len(nodes[plugin])) for plugin, count in targets.items()}


def _score(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).digest()
