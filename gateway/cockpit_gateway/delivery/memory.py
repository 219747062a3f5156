"""The memory that bodies may take while they wait for their attempt or are in it."""

from __future__ import annotations

MEMORY_BUDGET = 32 * 1024 * 1024
"""Bytes; beyond it deliveries wait in the store."""


class Memory:
    """Counts the bytes of the bodies at hand.

    Args:
        budget: Bytes that there may be. One body larger than what is left is taken all the same, or it never would be.

    Example:
        >>> memory = Memory(budget=100)
        >>> memory.take(70)
        >>> memory.room
        30
    """

    def __init__(self, budget: int = MEMORY_BUDGET) -> None:
        self._budget = budget
        self._used = 0

    @property
    def room(self) -> int:
        """Bytes that are left."""
        return max(0, self._budget - self._used)

    def take(self, size: int) -> None:
        """Note that a body came."""
        self._used += size

    def give(self, size: int) -> None:
        """Note that a body is gone."""
        self._used -= size
