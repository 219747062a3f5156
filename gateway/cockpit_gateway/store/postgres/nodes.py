"""Nodes and homes, in the tables of the owners."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.nodes import Cluster, Node, NodeFacts
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.text import Stored, from_store, from_store_or_none, to_store

DESCRIBE_NODE = query("describe_node")
NODES = query("nodes")
GONE_NODES = query("gone_nodes")
HOMES = query("homes")
TAKE_HOMES = query("take_homes")
FREE_HOMES = query("free_homes")


async def describe(connection: Connection, owner: str, facts: NodeFacts) -> None:
    """Write down what a node tells of itself."""
    document = {
        "name": _written(facts.name),
        "version": facts.version,
        "started_at": facts.started_at,
        "address": facts.address,
        "digest": facts.digest,
        "targets": sorted(map(str, facts.targets)),
        "broken": {str(target_id): _written(reason) for target_id, reason in facts.broken.items()},
        "leaving": facts.leaving,
        "reloaded_at": facts.reloaded_at,
        "problem": facts.problem and _written(facts.problem),
    }
    await DESCRIBE_NODE.run(connection, owner=owner, facts=Stored(orjson.dumps(document).decode()))


async def cluster(connection: Connection, owner: str) -> Cluster:
    """Return who is there, and who was."""
    nodes = [Node(each, _facts(facts), silent, left) for each, facts, silent, left in await NODES.rows(connection)]
    gone = [Node(None, _facts(facts), silent, -silent) for facts, silent in await GONE_NODES.rows(connection)]
    homes = {_target_id(target): home for target, home in await HOMES.rows(connection)}
    return Cluster(owner, [*nodes, *gone], homes)


async def take_homes(connection: Connection, owner: str, target_ids: Collection[TargetId]) -> Collection[TargetId]:
    """Make an owner the home of those targets that have none."""
    rows = await TAKE_HOMES.rows(connection, owner=owner, targets=[*map(str, target_ids)])
    return {_target_id(target) for (target,) in rows}


async def free_homes(connection: Connection, owner: str, target_ids: Collection[TargetId]) -> None:
    """Let targets have another home."""
    await FREE_HOMES.run(connection, owner=owner, targets=[*map(str, target_ids)])


def _facts(text: str) -> NodeFacts:
    """Return what a node told, which may be of a newer version, or an older one."""
    told: Mapping[str, Any] = orjson.loads(text)
    return NodeFacts(
        from_store(told["name"]),
        told.get("version", ""),
        told.get("started_at", 0.0),
        told.get("address", ""),
        told.get("digest", ""),
        frozenset(map(_target_id, told.get("targets", ()))),
        {_target_id(target): from_store(reason) for target, reason in told.get("broken", {}).items()},
        told.get("leaving", False),
        told.get("reloaded_at", 0.0),
        from_store_or_none(told.get("problem")),
    )


def _written(text: str) -> str:
    """Return what somebody said as JSON of the database can hold it: without U+0000 and lone surrogates."""
    return str(to_store(text.encode("utf-8", "replace").decode()))


def _target_id(text: str) -> TargetId:
    plugin, _, target = text.partition(":")  # a plugin's name has no colon
    return TargetId(plugin, target)
