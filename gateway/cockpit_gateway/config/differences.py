"""What is different between two configurations, by place; values are not told, because they may be secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel

from cockpit_gateway.config.problems import Path


class Change(NamedTuple):
    """One difference.

    Attributes:
        path: Where.
        what: Whether it is there now, is there no more, or is another.
    """

    path: Path
    what: Literal["added", "removed", "changed"]


def differences(before: object, after: object, path: Path = ()) -> Iterator[Change]:
    """Find what is different between settings.

    Args:
        before: Settings of any form.
        after: The others.
        path: Where they stand.

    Example:
        >>> list(differences({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}, "d": None}))
        ... # doctest: +NORMALIZE_WHITESPACE
        [Change(path=('a',), what='removed'), Change(path=('b', 'c'), what='changed'),
         Change(path=('d',), what='added')]
    """
    old, new = _members(before), _members(after)
    if old is None or new is None:
        if before != after:
            yield Change(path, "changed")
        return
    for key in old | new:
        if key not in new:
            yield Change((*path, key), "removed")
        elif key not in old:
            yield Change((*path, key), "added")
        else:
            yield from differences(old[key], new[key], (*path, key))


def _members(value: object) -> dict[str, object] | None:
    """Return what some settings are made of, None for what has no parts of its own."""
    match value:
        case BaseModel():
            return {name: getattr(value, name) for name in type(value).model_fields}
        case Mapping():
            return dict(value)
        case _:
            return None
