"""The schema: how new it is, and how it becomes as new as the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.postgres.statements import Connection

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_OLDEST = re.compile(r"^-- oldest: (\d+)$", re.MULTILINE)

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
    """Bring a new or older database up to date; one process at a time does so.

    Args:
        connection: In a transaction.
        known: What the program knows.

    Raises:
        StoreError: the database is of a newer program that this one does not get along with.
    """
    await connection.execute("SET LOCAL statement_timeout = 0")
    await lock(connection)
    await connection.execute(MAKE_VERSIONS)
    newest = max(known)
    row = await connection.fetchrow("SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM schema_versions")
    assert row is not None  # noqa: S101 - it counts
    version, oldest = row
    if oldest > newest:
        raise StoreError(
            f"the database was written by a newer cockpit-gateway (schema {version}, this one knows {newest}); "
            "upgrade the program"
        )
    for number in range(version + 1, newest + 1):
        await connection.execute(known[number].sql)
        await connection.execute(
            "INSERT INTO schema_versions (version, oldest) VALUES ($1, $2)", number, known[number].oldest
        )


async def lock(connection: Connection) -> None:
    """Have nobody else change the schema, or begin to fill its tables, to the end of a transaction."""
    await connection.execute("SET LOCAL lock_timeout = '60s'")
    await connection.execute("SELECT pg_advisory_xact_lock(7235419, 3)")


def _migration(text: str) -> Migration:
    oldest = _OLDEST.search(text)
    assert oldest is not None, "a migration says which programs get along with it: -- oldest: <version>"  # noqa: S101
    return Migration(text, int(oldest[1]))
