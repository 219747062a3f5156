"""A database into which a store moves: it takes batches of rows, and is checked, before any gateway opens it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.postgres import move_mark
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.move_mark import Move
from cockpit_gateway.store.postgres.opening import begin, connect, prepare
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.postgres.statements import Connection, compiled
from cockpit_gateway.store.postgres.text import from_store_or_none, to_store
from cockpit_gateway.store.tables import TABLES, Advance, Digest, Row, Table, as_it_is, truth

SETTINGS = PostgresSettings(pool=1, statement_timeout=3600.0)
"""One connection; a large table takes a while to be vacuumed."""

READ_AHEAD = 1000
"""Rows that are fetched at once: bodies come as digests."""

TABLES_HERE = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
COLUMNS = compiled("""
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = :table::text ORDER BY ordinal_position
""")
SET_SEQS = compiled("SELECT setval('event_seqs', greatest(:seq::bigint, 1), :seq::bigint > 0)")
SET_NUMBERS = """
SELECT setval(pg_get_serial_sequence('{table}', 'number'), coalesce(max(number), 1), max(number) IS NOT NULL)
FROM {table}
"""


class Target:
    """A database that no gateway uses.

    Args:
        connections: The database.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._columns: dict[str, Mapping[str, str]] = {}

    async def claim(self, move: Move) -> Move:
        """Make the tables, and begin a move or go on with it; nothing is changed if that is refused.

        Args:
            move: As it would begin.

        Returns:
            The move as it has begun.

        Raises:
            StoreError: the database holds something else.
        """

        async def claim(connection: Connection) -> Move:
            await _refuse_strangers(connection)
            await prepare(connection)
            begun = await move_mark.read(connection)
            if begun is None:
                await _refuse_data(connection)
                await move_mark.put(connection, move)
            elif begun.id != move.id:
                raise StoreError(
                    f"the database holds an unfinished move of {begun.source}, of another store or as it was before "
                    "a gateway ran on it again; name an empty database, or make this one anew (dropdb, createdb)"
                )
            for table in TABLES:
                self._columns[table.name] = dict(await COLUMNS.rows(connection, table=table.name))
            return begun or move

        return await begin(self._connections, claim)

    def columns(self, table: Table) -> Mapping[str, str]:
        """Return a table's columns, and their types."""
        return self._columns[table.name]

    async def write(self, move: Move, table: Table, rows: Sequence[Row]) -> Move:
        """Write rows of a table, and in the same transaction how far the move is, which is returned."""
        columns = self.columns(table)
        last = dict(zip(columns, rows[-1], strict=True))
        advanced = move._replace(positions={**move.positions, table.name: [last[name] for name in table.key]})
        makers = [_MAKERS.get(kind, to_store) for kind in columns.values()]
        records = [tuple([make(value) for make, value in zip(makers, row, strict=True)]) for row in rows]

        async def write(connection: Connection) -> None:
            await move_mark.advance(connection, advanced)
            await connection.copy_records_to_table(table.name, records=records, columns=[*columns])

        await self._connections.transact(write)
        return advanced

    async def digest(self, table: Table, advance: Advance) -> Digest:
        """Read a table, and return its digest."""
        columns = self.columns(table)
        wanted = [f"sha256({name})" if kind == "bytea" else name for name, kind in columns.items()]
        select = f"SELECT {', '.join(wanted)} FROM {table.name}"  # noqa: S608 - our own names
        givers = [_GIVERS.get(kind, as_it_is) for kind in columns.values()]

        async def read(connection: Connection) -> Digest:
            digest = Digest(advance)
            async for row in connection.cursor(select, prefetch=READ_AHEAD):
                digest.add(tuple([give(value) for give, value in zip(givers, row, strict=True)]))
            return digest

        return await self._connections.transact(read)

    async def finish(self, last_seq: int) -> None:
        """Make it a store like any other: new rows come after those that were moved.

        Args:
            last_seq: The highest seq that was given out.
        """
        names = ", ".join(table.name for table in TABLES)
        await self._connections.run(lambda connection: connection.execute(f"VACUUM (ANALYZE) {names}"))

        async def finish(connection: Connection) -> None:
            await SET_SEQS.row(connection, seq=last_seq)
            for table in ("targets", "deliveries"):
                await connection.execute(SET_NUMBERS.format(table=table))
            await move_mark.remove(connection)

        await self._connections.transact(finish)


@asynccontextmanager
async def arriving(url: str) -> AsyncGenerator[Target]:
    """Connect to a database.

    Raises:
        StoreUnavailableError: the server does not answer, or cannot now.
        StoreError: there is no such database, or this user may not use it.
    """
    connections = Connections(url, SETTINGS)
    await connect(connections)
    try:
        yield Target(connections)
    finally:
        await connections.close()


async def _refuse_strangers(connection: Connection) -> None:
    """Refuse a database of another program, in which tables of ours would be made beside its own."""
    found = [name for (name,) in await connection.fetch(TABLES_HERE)]
    if found and "schema_versions" not in found:
        raise StoreError(
            f"the database is of another program (its tables: {', '.join(found[:3])} …); name an empty one"
        )


async def _refuse_data(connection: Connection) -> None:
    held = [
        table.name
        for table in TABLES
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table.name})")  # noqa: S608
    ]
    if held:
        raise StoreError(
            f"the database is a store already: there are rows in {', '.join(held)}. If a move has just been finished, "
            "all is well; otherwise name an empty database, or make this one anew (dropdb, createdb)"
        )


_MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": truth,
    "jsonb": lambda text: orjson.dumps(to_store(orjson.loads(text))).decode(),
}
"""How a value of SQLite is stored here, by the type that it has here; `to_store` unless it is said."""

_GIVERS: Mapping[str, Callable[[Any], Any]] = {
    "text": from_store_or_none,
    "jsonb": lambda text: orjson.dumps([from_store_or_none(item) for item in orjson.loads(text)]),
}
"""How a value is read that is compared with one of SQLite, by its type."""
