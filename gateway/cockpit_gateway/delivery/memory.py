"""The memory that bodies may take while they wait for their attempt or are in it."""

from __future__ import annotations

from collections import Counter

from cockpit_gateway.deliveries import TargetId

MEMORY_BUDGET = 32 * 1024 * 1024
"""Bytes; beyond it deliveries wait in the store."""

LARGEST_SHARE = 0.25
"""Of the budget, for one target: a slow one must not take the room of the others."""


class Memory:
    """Counts the bytes of the bodies at hand, all together and for each target.

    Args:
        budget: Bytes that there may be. A target that has none at hand may have one all the same, however large, or it
            never would get any.

    Example:
        >>> memory, site = Memory(budget=100), TargetId("webhook", "site")
        >>> memory.take(site, 20)
        >>> memory.room, memory.room_for(site)
        (80, 5)
    """

    def __init__(self, budget: int = MEMORY_BUDGET) -> None:
        self._budget = budget
        self._share = int(budget * LARGEST_SHARE)
        self._used = 0
        self._used_by: Counter[TargetId] = Counter()

    @property
    def room(self) -> int:
        """Bytes that are left."""
        return max(0, self._budget - self._used)

    def room_for(self, target_id: TargetId) -> int:
        """Return the bytes that are left for one target."""
        return max(0, min(self._budget - self._used, self._share - self._used_by[target_id]))

    def has_none(self, target_id: TargetId) -> bool:
        """Tell whether a target has nothing at hand."""
        return not self._used_by[target_id]

    def take(self, target_id: TargetId, size: int) -> None:
        """Note that a body came."""
        self._used += size
        self._used_by[target_id] += size

    def give(self, target_id: TargetId, size: int) -> None:
        """Note that a body is gone."""
        self._used -= size
        self._used_by[target_id] -= size
