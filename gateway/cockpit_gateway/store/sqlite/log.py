"""The write-ahead log, kept short even while somebody always reads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import structlog

CHECKPOINT_PAGES = 4000
"""Pages of 4 KiB in the log before SQLite copies it back by itself: 16 MiB, so that hot pages are copied once for many
commits."""

LONGEST = 64 * 1024 * 1024
"""Bytes that the log grows to, because reads overlap, before reads are made to wait for a moment."""

STRIDE = 16 * 1024 * 1024
"""Bytes that it grows on before that is tried again, if a read went on for too long."""

PATIENCE = 0.25
"""Seconds that reads get to end; what comes in waits for them."""

ALARMING = 1024 * 1024 * 1024
"""Bytes at which the log is spoken of."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class WriteAheadLog:
    """Keeps the log of a database short.

    SQLite copies the log back as far as no read needs it, and begins it anew only when nobody reads from it: while
    reads overlap all the time, it grows without end.

    Args:
        database: The database file.
        longest: Bytes that the log may grow to.
    """

    def __init__(self, database: Path, longest: int = LONGEST) -> None:
        self._path = database.with_name(f"{database.name}-wal")
        self._longest = longest
        self._next = longest
        self._reads = 0
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def read(self) -> Generator[None]:
        """Hold while reading; waits for a moment if the log is just being copied back."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._reads += 1
        try:
            yield
        finally:
            with self._changed:
                self._reads -= 1
                self._changed.notify_all()

    def keep_short(self, connection: sqlite3.Connection) -> None:
        """Copy the log back and begin it anew, if it has grown too long; called between two transactions.

        Args:
            connection: The only connection that writes.
        """
        size = self._size()
        if size < self._next:
            return
        if self.begin_anew(connection):
            self._next = self._longest
        else:
            self._next = size + STRIDE
            if size > ALARMING:
                log.warning("a read that does not end keeps the write-ahead log long", path=str(self._path), bytes=size)

    def hurry(self) -> None:
        """Have it begun anew after this transaction, however short it is."""
        self._next = 0

    @property
    def is_short(self) -> bool:
        """Whether it could be begun anew when that was tried last."""
        return self._next == self._longest

    def begin_anew(self, connection: sqlite3.Connection) -> bool:
        """Copy the log back and begin it anew; return whether that was possible: nobody went on reading from it."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._reads, PATIENCE)
        try:
            return _truncate(connection)
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def _truncate(connection: sqlite3.Connection) -> bool:
    (before,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        log.warning("the write-ahead log cannot be copied back now", problem=str(error))
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {before}")
    return not busy
