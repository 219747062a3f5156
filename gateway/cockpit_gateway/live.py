"""A mapping that becomes another one after a reload, for whoever holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

_Value = TypeVar("_Value")


class Live(Mapping[str, _Value]):
    """A mapping by name, as it is now.

    Args:
        now: What it is at first.

    Example:
        >>> sources = Live({"website": 1})
        >>> sources.adopt({"shop": 2})
        >>> dict(sources)
        {'shop': 2}
    """

    def __init__(self, now: Mapping[str, _Value]) -> None:
        self._now = now

    def adopt(self, other: Mapping[str, _Value]) -> None:
        """Become another one."""
        self._now = other

    def __getitem__(self, name: str) -> _Value:
        return self._now[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)
