"""The SQL of this engine, by name, with named parameters: `:name`, everywhere with its type (`:name::text`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from asyncpg import Connection as DirectConnection
from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy

from cockpit_gateway.store.postgres.text import to_store
from cockpit_gateway.store.statements import Statements

statement = Statements("cockpit_gateway.store.postgres")
"""Returns the text of a statement; see `Statements`."""

Connection: TypeAlias = "DirectConnection[Record] | PoolConnectionProxy[Record]"
"""What a statement runs on."""

Row: TypeAlias = tuple[Any, ...]
"""What a statement answers with."""

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Query:
    """A statement.

    Attributes:
        sql: Its text, as PostgreSQL has it: `$1` is a parameter.
        names: The parameters' names, in their order.
    """

    sql: str
    names: Sequence[str]

    async def rows(self, connection: Connection, **given: Any) -> list[Row]:
        """Run it; return the rows. Parameters that it has not are left out."""
        return [tuple(row) for row in await connection.fetch(self.sql, *self._values(given))]

    async def row(self, connection: Connection, **given: Any) -> Row:
        """Run it; return the first row; an empty one if there is none."""
        return tuple(await connection.fetchrow(self.sql, *self._values(given)) or ())

    async def value(self, connection: Connection, **given: Any) -> Any:
        """Run it; return the first value of the first row, None if there is no row."""
        return await connection.fetchval(self.sql, *self._values(given))

    async def run(self, connection: Connection, **given: Any) -> int:
        """Run it; return how many rows it has changed."""
        status = await connection.execute(self.sql, *self._values(given))
        return int(status.rpartition(" ")[2])

    def _values(self, given: dict[str, Any]) -> list[Any]:
        return [to_store(given[name]) for name in self.names]


def query(name: str, *fragments: str) -> Query:
    """Return a statement, ready to be run; see `Statements`."""
    return compiled(statement(name, *fragments))


@lru_cache(maxsize=256)
def compiled(text: str) -> Query:
    """Return a text with named parameters as a statement.

    Example:
        >>> compiled("SELECT :a::text, :b::int, :a::text").sql
        'SELECT $1::text, $2::int, $1::text'
    """
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return Query(_PARAMETER.sub(number, text), names)
