"""The reader: one thread with a connection of its own, so that reads wait for no commit and commits for no read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cockpit_gateway.store.sqlite.failures import told

_Result = TypeVar("_Result")


class Reader:
    """Runs reads, one after another.

    Args:
        connection: A connection that nothing else uses.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.execute("PRAGMA query_only = ON")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")

    async def read(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return what a function reads.

        Raises:
            GatewayError: it raised one, or SQLite failed.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, act, self._connection)
        except sqlite3.Error as error:
            raise told(error) from error

    def close(self) -> None:
        """Finish the reads asked for, and close."""
        self._thread.shutdown()
        self._connection.close()
