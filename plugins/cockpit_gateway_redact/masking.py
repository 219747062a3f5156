"""Masking: finds what a mask speaks of, and writes `***` over it in a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from cockpit_gateway.events import JSONValue
from cockpit_gateway_redact.rules import ANY_ITEM, HASH, Mask

MASKED = "***"

Location: TypeAlias = "Place | None"


class Place(NamedTuple):
    """Where a value stands: a key or index, and the place of the container it is in."""

    parent: Location
    key: Any


def masked(args: list[JSONValue], mask: Mask) -> list[JSONValue] | None:
    """Return the arguments with what the mask speaks of replaced by `***`.

    Args:
        args: The arguments; they are not changed.
        mask: What to replace. Empty text, null and false stay: they hide nothing.

    Returns:
        A copy that shares what did not change; None if nothing did.
    """
    copy = _Copy(args)
    for path in mask.paths:
        for place in _follow(args, path):
            copy.put(place, MASKED)
    for place, value in _search(args, mask):
        copy.put(place, value)
    return copy.result


class _Copy:
    """A copy of nested containers, made only along the places that are written to."""

    def __init__(self, original: list[JSONValue]) -> None:
        self._root = original
        self._owned: dict[int, JSONValue] = {}

    @property
    def result(self) -> list[JSONValue] | None:
        return self._root if self._owned else None

    def put(self, place: Place, value: JSONValue) -> None:
        keys: list[Any] = []
        above: Location = place
        while above is not None:
            keys.append(above.key)
            above = above.parent
        container = self._root = self._own(self._root)
        for key in reversed(keys[1:]):
            container[key] = inner = self._own(container[key])
            if inner == MASKED:
                return
            container = inner
        container[keys[0]] = value

    def _own(self, value: JSONValue) -> JSONValue:
        if id(value) in self._owned or not isinstance(value, dict | list):
            return value
        copy = value.copy()
        self._owned[id(copy)] = copy
        return copy


def _follow(args: list[JSONValue], path: Sequence[str]) -> list[Place]:
    """Return the places that a path leads to, where there is something to hide."""
    reached: list[tuple[Location, JSONValue]] = [(None, args)]
    for part in path:
        reached = [(Place(place, key), value[key]) for place, value in reached for key in _keys(value, part)]
    return [place for place, value in reached if place is not None and _hides_something(value)]


def _keys(value: JSONValue, part: str) -> list[Any]:
    if isinstance(value, dict):
        return list(value) if part == ANY_ITEM else [part] if part in value else []
    if isinstance(value, list):
        if part == ANY_ITEM:
            return list(range(len(value)))
        return [int(part)] if part.isdecimal() and int(part) < len(value) else []
    return []


def _search(args: list[JSONValue], mask: Mask) -> Iterator[tuple[Place, JSONValue]]:
    """Walk through everything, without recursion: Cockpit nests up to 512 deep, a stranger deeper."""
    waiting: list[tuple[Location, JSONValue]] = [(None, args)]
    while waiting:
        above, container = waiting.pop()
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in items:
            if key in mask.keys and _hides_something(value):
                yield Place(above, key), MASKED
            elif isinstance(value, dict | list):
                waiting.append((Place(above, key), value))
            elif mask.hashes and isinstance(value, str) and "$" in value:
                shown = HASH.sub(MASKED, value)
                if shown != value:
                    yield Place(above, key), shown


def _hides_something(value: JSONValue) -> bool:
    return value not in (None, "", False, MASKED) and value != [] and value != {}
