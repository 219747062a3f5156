"""Connections: a pool of them, and what happens while the server is away."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, TypeVar

import asyncpg
import structlog
from asyncpg import InternalClientError, Pool, PostgresError, Record
from asyncpg.pool import PoolConnectionProxy

from cockpit_gateway.config.store import StoreUrl
from cockpit_gateway.errors import GatewayError, StoreUnavailableError
from cockpit_gateway.store.postgres.failures import describe, is_conflict, is_lost, told
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.postgres.statements import Connection

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0
"""Seconds in which nobody tries to connect, after a first and after many failures: what is asked for fails at once."""

ABANDONED_AFTER = 5.0
"""Seconds that the server waits within a transaction: a gateway that has frozen, or is cut off, holds up the others."""

GIVEN_BACK = 1.0
"""Seconds in which a connection may be given back, when the server lets no more in."""

CONFLICTS = 5
"""How often a transaction is tried again because another was in its way."""

FAILURES = (OSError, TimeoutError, PostgresError, asyncpg.InterfaceError, InternalClientError)
"""What a connection that cannot be made, or is lost, raises."""

_Result = TypeVar("_Result")

Act: TypeAlias = Callable[[Connection], Awaitable[_Result]]
"""What is done on a connection."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()

# Its pool warns, with a traceback, of each connection that it cannot make again: that is told here, once.
logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


class Connections:
    """A pool of connections to one database.

    Args:
        url: Where it is; what it does not say is taken from the environment (PGHOST, PGPASSFILE …).
        settings: How it is used.

    Attributes:
        place: Where it is, without a password.
    """

    def __init__(self, url: str, settings: PostgresSettings) -> None:
        self._url = url
        self.place = StoreUrl(url).shown
        self._settings = settings
        self._pool: Pool[Record] | None = None
        self._pause = 0.0
        self._closed_until = 0.0
        self._trouble = ""

    async def open(self) -> None:
        """Connect.

        Raises:
            OSError, PostgresError, InterfaceError: that is not possible.
        """
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._settings.pool,
            max_queries=1_000_000,
            timeout=self._settings.connect_timeout,
            command_timeout=self._settings.statement_timeout + 5,
            server_settings=_server_settings(self._settings),
            reset=_leave,
        )

    async def close(self) -> None:
        """Close every connection, at once if the server does not answer."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), self._settings.connect_timeout)
        except FAILURES:
            pool.terminate()

    async def run(self, act: Act[_Result]) -> _Result:
        """Do something on a connection, each statement for itself.

        Raises:
            GatewayError: it raised one, or PostgreSQL failed.
        """
        async with self._connection() as connection:
            return await act(connection)

    async def transact(self, act: Act[_Result]) -> _Result:
        """Do something in one transaction; again, if another was in its way.

        Raises:
            GatewayError: it raised one, or PostgreSQL failed.
        """
        for _ in range(CONFLICTS):
            try:
                return await self._transact(act)
            except StoreUnavailableError as error:
                if error.__cause__ is None or not is_conflict(error.__cause__):
                    raise
        return await self._transact(act)

    async def _transact(self, act: Act[_Result]) -> _Result:
        async with self._connection() as connection, connection.transaction():
            return await act(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Connection]:
        """Give a connection; what fails on it is told in the words of the port."""
        pool = self._reachable_pool()
        try:
            connection = await self._acquire(pool)
        except FAILURES as error:
            self._note_failure(error)
            raise StoreUnavailableError(self._trouble) from error
        self._note_success()
        try:
            yield connection
        except GatewayError:
            raise
        except Exception as error:
            if is_lost(error):
                with suppress(asyncpg.InterfaceError):  # it is closed already
                    connection.terminate()
                await pool.expire_connections()  # the others are lost, too, or soon will be
            raise told(error) from error
        finally:
            with suppress(*FAILURES):  # then it is closed, and another takes its place
                await asyncio.shield(pool.release(connection))

    async def _acquire(self, pool: Pool[Record]) -> PoolConnectionProxy[Record]:
        """Take a connection; if the server lets no more in, one that somebody gives back soon."""
        deadline = time.monotonic() + GIVEN_BACK
        while True:
            try:
                return await pool.acquire(timeout=self._settings.connect_timeout + self._settings.lock_timeout)
            except asyncpg.TooManyConnectionsError:
                if not pool.get_size() or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(GIVEN_BACK / 10)

    def _reachable_pool(self) -> Pool[Record]:
        if self._pool is None:
            raise StoreUnavailableError("the store is closed")
        if time.monotonic() < self._closed_until:
            raise StoreUnavailableError(self._trouble)
        return self._pool

    def _note_failure(self, error: Exception) -> None:
        self._trouble = f"the database cannot be reached: {describe(error)}"
        if not self._pause:
            log.error("the database cannot be reached, trying again", store=self.place, problem=describe(error))
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._closed_until = time.monotonic() + self._pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _note_success(self) -> None:
        if self._pause:
            log.info("the database can be reached again")
        self._pause = self._closed_until = 0.0


async def _leave(connection: Connection) -> None:
    """Leave a connection as it is: nothing here changes its state, and a reset is a round trip."""


def _server_settings(settings: PostgresSettings) -> dict[str, str]:
    return {
        "application_name": "cockpit-gateway",
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(ABANDONED_AFTER),
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "timezone": "UTC",
        "jit": "off",
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
