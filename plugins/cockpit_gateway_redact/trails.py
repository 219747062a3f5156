"""Trails: many paths followed at once."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import cache, cached_property
from typing import TypeAlias

from cockpit_gateway_redact.rules import ANY_DEPTH

Parts: TypeAlias = tuple[str, ...]

_PATTERN = re.compile(r"[*?[]")


class Trail:
    """Where some paths lead from a place on.

    Args:
        rests: What is left of each path there; () of one that ends there.

    Attributes:
        ends: True if a path ends there.

    Example:
        >>> Trail(frozenset({("**", "user", "password")})).below("a").below("user").below("password").ends
        True
    """

    def __init__(self, rests: frozenset[Parts]) -> None:
        self.ends = () in rests
        self._deeper: set[Parts] = set()
        self._named: dict[str, set[Parts]] = {}
        self._patterns: list[tuple[re.Pattern[str], Parts]] = []
        for rest in rests - {()}:
            self._add(rest)

    def below(self, key: str) -> Trail:
        """Return where the paths lead from what stands under a key, or at an index."""
        named = self._named.get(key, ())
        matched = [rest for pattern, rest in self._patterns if pattern.match(key)]
        if not named and not matched:
            return self._elsewhere
        return trail_of(frozenset({*self._deeper, *named, *matched}))

    @cached_property
    def _elsewhere(self) -> Trail:
        return trail_of(frozenset(self._deeper))

    def _add(self, rest: Parts) -> None:
        while rest[0] == ANY_DEPTH:
            self._deeper.add(rest)
            rest = rest[1:]
        part, others = rest[0], rest[1:]
        if _PATTERN.search(part):
            self._patterns.append((re.compile(translate(part)), others))
        else:
            self._named.setdefault(part, set()).add(others)


@cache
def trail_of(rests: frozenset[Parts]) -> Trail:
    """Return the trail of what is left of some paths; there are as many as the rules give rise to."""
    return Trail(rests)
