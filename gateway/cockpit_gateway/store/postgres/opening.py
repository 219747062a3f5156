"""Opening a database: whether it can be used, and whether its schema is new enough."""

from __future__ import annotations

from typing import TypeVar

from asyncpg import InterfaceError, InternalClientError, PostgresError

from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.store.postgres import leasing, move_mark, reading
from cockpit_gateway.store.postgres.connections import Act, Connections
from cockpit_gateway.store.postgres.failures import describe, may_pass
from cockpit_gateway.store.postgres.migrating import migrate, migrations
from cockpit_gateway.store.postgres.statements import Connection
from cockpit_gateway.store.records import Opened

_Result = TypeVar("_Result")

FIRST_LEASE = 60.0
"""Seconds that leases live before the first heartbeat."""

OLDEST_SERVER = 13
"""The major version of PostgreSQL that is needed."""

_CURES = {
    "3F000": "; make the schema that search_path names: CREATE SCHEMA",
    "42501": "; let this user make tables: the user should own the database",
    "55P03": "; others use its tables without a pause, or bring them up to date: try again",
    "42P07": "; it is of another program: name another database under `store`",
}


async def open_database(connections: Connections, owner: str) -> Opened:
    """Connect, bring the schema up to date, and make an owner known.

    What the dead had leased is freed by heartbeats, not here: whose lease has run out may be alive, and come back,
    because nobody could reach the database.

    Raises:
        StoreUnavailableError: the server does not answer, or cannot now.
        StoreError: it cannot be used.
    """
    await connect(connections)
    return await begin(connections, lambda connection: _enter(connection, owner))


async def connect(connections: Connections) -> None:
    """Connect; see `open_database` for what it raises."""
    try:
        await connections.open()
    except (OSError, TimeoutError, ValueError, PostgresError, InterfaceError, InternalClientError) as error:
        raise _refusal(connections, error) from error


async def begin(connections: Connections, act: Act[_Result]) -> _Result:
    """Do something in a transaction without which the database cannot be used: they are closed again if it fails."""
    try:
        return await connections.transact(act)
    except StoreError as error:
        await connections.close()
        raise _refusal(connections, error.__cause__ or error) from error


async def prepare(connection: Connection) -> None:
    """Tell whether the server will do, and bring the schema up to date.

    Args:
        connection: In a transaction, to whose end nobody else does so.

    Raises:
        StoreError: it will not.
    """
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise StoreError(f"the database's encoding is {encoding}; make one with `createdb --encoding UTF8`")
    major = connection.get_server_version().major
    if major < OLDEST_SERVER:
        raise StoreError(f"the server is PostgreSQL {major}; {OLDEST_SERVER} or later is needed")
    await migrate(connection, migrations())


async def _enter(connection: Connection, owner: str) -> Opened:
    """Enter, in one transaction with a look at the schema: no newer program changes it in between."""
    await prepare(connection)
    await move_mark.refuse(connection)
    unclean = await leasing.some_ran_out(connection)
    await leasing.enter(connection, owner, FIRST_LEASE)
    return Opened(await reading.gateway_id(connection), unclean, [], 0)


def _refusal(connections: Connections, error: BaseException) -> StoreError:
    if isinstance(error, StoreError):
        return error
    state: str = getattr(error, "sqlstate", None) or ""
    kind = StoreUnavailableError if may_pass(error) else StoreError
    return kind(f"{connections.place} cannot be used as a store: {describe(error)}{_CURES.get(state, '')}")
