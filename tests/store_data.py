"""What outlives a store's process, and what a kill leaves of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import asyncpg
from postgres_server import Server, apart

from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.sqlite.engine import SqliteStore

Look: TypeAlias = Callable[..., Awaitable[list[tuple[Any, ...]]]]
"""Runs a query on a database, beside the stores."""

OpenAnother: TypeAlias = Callable[[], Awaitable[PostgresStore]]
"""Opens one more store on the same database."""

EXPIRE = "UPDATE owners SET lease_until = '-infinity' WHERE owner = $1"


class Data(Protocol):
    """What outlives a store's process."""

    def store(self) -> Store:
        """Return an unopened store on the data."""
        ...

    def as_after_a_kill(self) -> Data:
        """Return the data as it would be if the process were killed now."""
        ...


class SqliteData:
    """Files in a directory. A kill leaves them as they are, so a copy of them is what the next process finds."""

    def __init__(self, parent: Path) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=parent))

    def store(self) -> Store:
        return open_store(f"sqlite:{self.directory}/gateway.db")

    def as_after_a_kill(self) -> SqliteData:
        left = SqliteData(self.directory.parent)
        for name in ("gateway.db", "gateway.db-wal"):
            shutil.copy(self.directory / name, left.directory)
        return left


class PostgresData:
    """A schema. A kill leaves what has been committed, so a copy of that is what the next process finds.

    Args:
        server: Where.
        places: Ends the schemas in the end.
    """

    def __init__(self, server: Server, places: ExitStack) -> None:
        self._server = server
        self._places = places
        self._url = places.enter_context(server.place())

    def store(self) -> Store:
        return open_store(self._url)

    def as_after_a_kill(self) -> PostgresData:
        left = PostgresData(self._server, self._places)
        apart(left._copy(self._url))
        return left

    async def _copy(self, url: str) -> None:
        store = self.store()
        await store.open()
        await store.close()
        old, new = (place.rpartition("=")[2] for place in (url, self._url))
        connection = await asyncpg.connect(self._url)
        try:
            async with connection.transaction(isolation="repeatable_read"):
                await _copy_tables(connection, old, new)
        finally:
            await connection.close()


async def _copy_tables(connection: asyncpg.Connection[Any], old: str, new: str) -> None:
    tables = [name for (name,) in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", new)]
    await connection.execute(
        "SET LOCAL session_replication_role = replica"
    )  # one refers to another, in whichever order
    await connection.execute("TRUNCATE " + ", ".join(f"{new}.{table}" for table in tables))
    for table in tables:
        await connection.execute(f"INSERT INTO {new}.{table} SELECT * FROM {old}.{table}")
    for (sequence,) in await connection.fetch("SELECT sequencename FROM pg_sequences WHERE schemaname = $1", new):
        await connection.execute(f"SELECT setval('{new}.{sequence}', (SELECT last_value + 100 FROM {old}.{sequence}))")
    await connection.execute("UPDATE owners SET lease_until = '-infinity'")


async def die(store: Store) -> None:
    """Leave a store as the death of its process does: what was handed in is written, but nothing is given back."""
    if isinstance(store, SqliteStore):
        store._ownership.give_back()
        await store._reader.read(lambda connection: connection.execute("SELECT 1"))  # type: ignore[union-attr]
        await store._shut()
    else:
        assert isinstance(store, PostgresStore)
        await store._connections.run(lambda it: it.execute(EXPIRE, store._owner.id))
        await store._leave()
