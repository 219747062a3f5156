"""Masking: writes `***` over what the rules speak of, in a copy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from cockpit_gateway.events import JSONValue
from cockpit_gateway_redact.rules import Rule
from cockpit_gateway_redact.trails import Trail, trail_of

MASKED = "***"

Mask: TypeAlias = Callable[[list[JSONValue]], list[JSONValue] | None]


def mask_of(rules: Iterable[Rule]) -> Mask:
    """Return what masks an event's arguments by some rules.

    It takes the arguments, which it does not change, and returns a copy that shares with them what did not change, or
    None if nothing did. Empty values, null and false stay: they hide nothing.

    Args:
        rules: The rules that speak of the event.

    Example:
        >>> mask_of([Rule(events=["error"], paths=["0.password"])])([{"user": "joe", "password": "x"}])
        [{'user': 'joe', 'password': '***'}]
    """
    chosen = list(rules)
    trail = trail_of(frozenset(tuple(path.split(".")) for rule in chosen for path in rule.paths))
    values = [value for rule in chosen for value in rule.values]
    return lambda args: _masked(args, trail, values)


def _masked(args: list[JSONValue], trail: Trail, values: list[re.Pattern[str]]) -> list[JSONValue] | None:
    top = _Container(args)
    waiting = [(top, trail)]  # instead of recursion: Cockpit nests up to 512 deep, a stranger deeper
    while waiting:
        container, here = waiting.pop()
        for key, value in container.items():
            below = here.below(str(key))
            if below.ends and _hides_something(value):
                container.put(key, MASKED)
            elif isinstance(value, dict | list):
                waiting.append((_Container(value, container, key), below))
            elif isinstance(value, str):
                shown = reduce(_without, values, value)
                if shown != value:
                    container.put(key, shown)
    result: list[JSONValue] | None = top.copy
    return result


def _hides_something(value: JSONValue) -> bool:
    return not (value is None or value is False or value in ("", [], {}, MASKED))


def _without(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(MASKED, text)


@dataclass(slots=True)
class _Container:
    """A list or object among the arguments, and its copy as soon as something in it is masked."""

    original: Any
    above: _Container | None = None
    key: str | int = 0
    copy: Any = None

    def items(self) -> Iterable[tuple[Any, JSONValue]]:
        """Return the keys or indexes, and what stands there."""
        return self.original.items() if isinstance(self.original, dict) else enumerate(self.original)

    def put(self, key: str | int, value: JSONValue) -> None:
        """Write into the copy, and the copy into that of the container above, and so on to one that has its already."""
        container: _Container | None = self
        while container is not None:
            above = container.above if container.copy is None else None
            if container.copy is None:
                container.copy = container.original.copy()
            container.copy[key] = value
            key, value, container = container.key, container.copy, above
