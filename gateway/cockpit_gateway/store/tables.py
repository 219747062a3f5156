"""What a store consists of, whichever engine holds it, and how the contents of two are compared."""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Row: TypeAlias = tuple[Any, ...]
"""A row's values."""

Position: TypeAlias = Sequence[Any]
"""A row's key."""

Advance: TypeAlias = Callable[[int], None]
"""Is told how many more rows are done."""

ADVANCES_BY = 1000
"""Rows that are read before that is told."""


class Table(NamedTuple):
    """A table that both engines have.

    Attributes:
        name: Its name.
        key: The columns that tell a row from the others.
        made: Columns that PostgreSQL's alone has, or that hold less there, and what they are in terms of SQLite's.
    """

    name: str
    key: Sequence[str]
    made: Mapping[str, str] = {}


TABLES = (
    Table("gateway", ("id",)),
    Table("targets", ("number",)),
    Table("events", ("seq",), {"name": "event_name(name)"}),
    Table("bodies", ("seq",)),
    Table("deliveries", ("number",), {"key": "lane_key(key)"}),
    Table("attempts", ("delivery", "number")),
    Table("duplicates", ("key",), {"seen_at": "until"}),  # it is compared while a row is written, and never again
    Table("plugin_storage", ("plugin", "key")),
    Table("endpoints", ("name",)),
    Table("answers", ("client", "key")),
    Table("source_activity", ("span", "at", "source", "fate")),
    Table("target_activity", ("span", "target", "at", "happening", "bucket")),
)
"""All but those that tell of processes: leases, homes, nodes."""


class Digest:
    """What a table holds, in a few bytes: the same rows give the same, in whichever order they are read.

    Args:
        advance: Is told how many rows were added, every now and then.

    Attributes:
        rows: How many rows were added.

    Example:
        >>> one, other = Digest(), Digest()
        >>> for row in [(1, "a"), (2, "b")]:
        ...     one.add(row)
        >>> for row in [(2, "b"), (1, "a")]:
        ...     other.add(row)
        >>> one.value == other.value
        True
    """

    def __init__(self, advance: Advance = lambda _: None) -> None:
        self._advance = advance
        self._sum = 0
        self.rows = 0

    @property
    def value(self) -> str:
        """The digest, in hexadecimal digits."""
        return f"{self._sum % 2**128:032x}"

    def add(self, row: Row) -> None:
        """Add a row; each column's values are of one type."""
        # The format before references, by which later ones write equal values in two ways.
        self._sum += int.from_bytes(hashlib.blake2b(marshal.dumps(row, 2), digest_size=16).digest())
        self.rows += 1
        if self.rows % ADVANCES_BY == 0:
            self._advance(ADVANCES_BY)


def as_it_is(value: Any) -> Any:
    """Return a value as it is."""
    return value


def truth(value: int | None) -> bool | None:
    """Return whether something is the case, of a number, which SQLite has for it."""
    return None if value is None else bool(value)
