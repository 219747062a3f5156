"""The reader: threads with connections of their own, so that reads wait for no commit and commits for no read."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cockpit_gateway.store.sqlite.failures import told
from cockpit_gateway.store.sqlite.log import WriteAheadLog

_Result = TypeVar("_Result")


class Reader:
    """Runs reads, as many at once as there are connections.

    Args:
        log: The write-ahead log that is read from.
        connections: Connections that nothing else uses.
    """

    def __init__(self, log: WriteAheadLog, *connections: sqlite3.Connection) -> None:
        self._log = log
        self._connections: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for connection in connections:
            connection.execute("PRAGMA query_only = ON")
            self._connections.put(connection)
        self._threads = ThreadPoolExecutor(max_workers=len(connections), thread_name_prefix="store-reader")

    async def read(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return what a function reads.

        Raises:
            GatewayError: it raised one, or SQLite failed.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, act)
        except sqlite3.Error as error:
            raise told(error) from error

    def close(self) -> None:
        """Finish the reads asked for, and close."""
        self._threads.shutdown()
        while not self._connections.empty():
            self._connections.get().close()

    def _run(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        connection = self._connections.get()
        try:
            with self._log.read():
                return act(connection)
        finally:
            self._connections.put(connection)
