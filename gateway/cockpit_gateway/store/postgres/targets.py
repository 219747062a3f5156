"""Targets by number: a delivery's row holds a small integer instead of two names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.rows import target_id_of
from cockpit_gateway.store.postgres.statements import Connection, query

NUMBER_TARGETS = query("number_targets")
TARGET_NUMBERS = query("target_numbers")
TARGET_NAMES = query("target_names")


class TargetNumbers:
    """The numbers of targets, made as they are needed; a number never changes.

    Args:
        connections: The database.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: dict[TargetId, int] = {}

    async def numbers(self, target_ids: Iterable[TargetId]) -> Mapping[TargetId, int]:
        """Return the numbers of targets, those of others perhaps among them; they get one if they have none."""
        unknown = {target_id for target_id in target_ids if target_id not in self._known}
        if unknown:
            await self._connections.run(lambda connection: self._learn(connection, unknown, make=True))
        return self._known

    async def number(self, target_id: TargetId) -> int | None:
        """Return a target's number, None if nothing was ever planned for it."""
        if target_id not in self._known:
            await self._connections.run(lambda connection: self._learn(connection, {target_id}, make=False))
        return self._known.get(target_id)

    async def names(self, numbers: Iterable[int]) -> Sequence[TargetId]:
        """Return the names of targets."""
        rows = await self._connections.run(lambda connection: TARGET_NAMES.rows(connection, numbers=[*numbers]))
        return [target_id_of(*row) for row in rows]

    async def _learn(self, connection: Connection, unknown: Iterable[TargetId], *, make: bool) -> None:
        given = {
            "plugins": [target_id.plugin for target_id in unknown],
            "targets": [target_id.target for target_id in unknown],
        }
        if make:
            await NUMBER_TARGETS.run(connection, **given)
        for plugin, target, number in await TARGET_NUMBERS.rows(connection, **given):
            self._known[target_id_of(plugin, target)] = number
