"""Targets by number: a delivery's row holds a small integer instead of two names."""

from __future__ import annotations

import sqlite3

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.sqlite.statements import statement

NUMBER_TARGET = statement("number_target")
TARGET_NUMBER = statement("target_number")


class TargetNumbers:
    """The numbers of targets, made as they are needed.

    Args:
        connection: The writer's connection.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[TargetId, int] = {}

    def number(self, target_id: TargetId) -> int:
        """Return a target's number."""
        known = self._numbers.get(target_id)
        if known is not None:
            return known
        self._connection.execute(NUMBER_TARGET, target_id)
        (number,) = self._connection.execute(TARGET_NUMBER, target_id).fetchone()
        self._numbers[target_id] = number
        return int(number)

    def forget(self) -> None:
        """Forget numbers that an undone transaction may have given."""
        self._numbers.clear()
