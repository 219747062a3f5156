"""The schema: how new it is, and how it becomes as new as the program."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from asyncpg import LockNotAvailableError

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.postgres.statements import Connection

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_OLDEST = re.compile(r"^-- oldest: (\d+)$", re.MULTILINE)

OWNERS_TELL = 4
"""The version since which owners say which version of the schema their programs know."""

QUEUE = 0.3
"""Seconds that a migration waits for a table that others use: who wants the table next waits behind it meanwhile, and
Cockpit waits for a second in all."""

PATIENCE = 30.0
"""Seconds in which it is tried again."""

PAUSE = 0.2
"""Seconds between two tries, in which the others go on."""

UNHURRIED = 86_400.0
"""Seconds that a step may take: it takes longer, the more there is."""

MAKE_VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_versions (
    version integer PRIMARY KEY,
    oldest integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class Migration(NamedTuple):
    """A step from one version of the schema to the next.

    Attributes:
        sql: What it does.
        oldest: The oldest version that a program may know which runs on the schema after it: while nodes are upgraded
            one by one, the old program goes on.
    """

    sql: str
    oldest: int


@cache
def migrations() -> Mapping[int, Migration]:
    """Return the program's migrations, by the version that each leads to."""
    folder = files("cockpit_gateway.store.postgres") / "migrations"
    found = ((_NAME.fullmatch(file.name), file) for file in folder.iterdir())
    return {
        int(name[1]): _migration(file.read_text())
        for name, file in sorted(
            ((name, file) for name, file in found if name is not None), key=lambda pair: pair[0][1]
        )
    }


async def migrate(connection: Connection, known: Mapping[int, Migration]) -> None:
    """Bring a new or older database up to date; one process at a time does so, while others go on using it.

    Args:
        connection: In a transaction.
        known: What the program knows.

    Raises:
        StoreError: the database is of a newer program that this one does not get along with, or an older one runs that
            does not get along with what this one needs.
    """
    await connection.execute("SET LOCAL statement_timeout = 0")
    await lock(connection)
    await connection.execute(MAKE_VERSIONS)
    newest = max(known)
    row = await connection.fetchrow("SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM schema_versions")
    assert row is not None  # noqa: S101 - it counts
    version, oldest = row
    if oldest > newest:
        raise too_old(newest)
    await connection.execute(f"SET LOCAL lock_timeout = '{QUEUE}s'")
    await _apply_unhurried(connection, known, range(version + 1, newest + 1))


def too_old(newest: int) -> StoreError:
    """Return what is told to a program that is too old for the database.

    Args:
        newest: The version that it knows.
    """
    return StoreError(
        f"the database is used by a newer cockpit-gateway, which this one (schema {newest}) does not get along with; "
        "upgrade the program"
    )


async def _apply_unhurried(connection: Connection, known: Mapping[int, Migration], numbers: Sequence[int]) -> None:
    """Apply all of these migrations or none; again, as long as a table is in use."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            async with connection.transaction():
                for number in numbers:
                    await _apply(connection, number, known[number])
        except LockNotAvailableError:
            if time.monotonic() > until:
                raise
        else:
            return
        await asyncio.sleep(PAUSE)


async def _apply(connection: Connection, number: int, migration: Migration) -> None:
    if number > OWNERS_TELL:
        await _part_from_older(connection, migration.oldest)
    await connection.execute(migration.sql, timeout=UNHURRIED)
    await connection.execute("INSERT INTO schema_versions (version, oldest) VALUES ($1, $2)", number, migration.oldest)


async def _part_from_older(connection: Connection, oldest: int) -> None:
    """See to it that no program uses the schema which knows none of the versions from this one on.

    While one runs, the schema stays as it is. Whose lease has run out may come back, and has to enter anew then.
    """
    found = await connection.fetch(
        "SELECT DISTINCT coalesce(facts ->> 'name', 'a command') FROM owners "
        "WHERE knows < $1 AND lease_until > clock_timestamp() ORDER BY 1",
        oldest,
    )
    if found:
        names = ", ".join(name for (name,) in found)
        raise StoreError(
            f"still running, and too old for what this cockpit-gateway makes of the database: {names}; upgrade them to "
            "the version before this one first, or stop them"
        )
    await connection.execute("DELETE FROM owners WHERE knows < $1", oldest)


async def lock(connection: Connection) -> None:
    """Have nobody else change the schema, or begin to fill its tables, to the end of a transaction."""
    await connection.execute("SET LOCAL lock_timeout = '60s'")
    await connection.execute("SELECT pg_advisory_xact_lock(7235419, 3)", timeout=UNHURRIED)


def _migration(text: str) -> Migration:
    oldest = _OLDEST.search(text)
    assert oldest is not None, "a migration says which programs get along with it: -- oldest: <version>"  # noqa: S101
    return Migration(text, int(oldest[1]))
