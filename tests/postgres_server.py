"""A PostgreSQL server for the tests: the one that DATABASE_URL names, or one started from the system's packages."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from bench.postgresql import LocalServer


class Server:
    """A running server.

    Args:
        url: Of a database in which schemas can be made.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count()

    def execute(self, *statements: str) -> None:
        """Run statements, each for itself."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        apart(run())

    @contextmanager
    def place(self) -> Generator[str]:
        """Give the URL of an empty place for a store: a schema of its own, which is made sooner than a database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{self.url}{'&' if '?' in self.url else '?'}search_path={name}"
        finally:
            # A test that failed may have left a transaction open.
            self.execute("SET client_min_messages = warning", "SET lock_timeout = '30s'", f"DROP SCHEMA {name} CASCADE")


@contextmanager
def server(shared: Path) -> Generator[Server]:
    """Give the server of this test session; processes that share a session share it.

    Args:
        shared: A folder that they have in common.
    """
    url = os.environ.get("DATABASE_URL")
    if url is not None:
        yield Server(url)
        return
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    local = LocalServer(Path(tempfile.gettempdir(), f"cockpit-gateway-postgres-{session}"))
    with local.used(shared / "postgres-users"):
        yield Server(local.url)


def apart(work: Any) -> None:
    """Run a coroutine to its end beside a loop that may be running."""
    failures: list[BaseException] = []

    def run_it() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
            failures.append(error)

    thread = threading.Thread(target=run_it)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
