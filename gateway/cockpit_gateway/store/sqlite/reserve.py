"""The reserve: room on the disk that is given back when there is no other, so that a full disk is no standstill."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

import structlog

LARGEST = 64 * 1024 * 1024
"""Bytes: some hours of a busy site's events, and room enough to delete what is old."""

SHARE = 20
"""It takes at most this part of the disk."""

PLENTY = 4
"""It is set aside once this many times as much is free."""

NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""How SQLite says that the disk, or a quota, is used up."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Reserve:
    """A file beside a database that does nothing but take room.

    Args:
        database: The database file.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.reserve")

    def set_aside(self) -> bool:
        """Make the file if there is plenty of room; return whether there is one."""
        if self._path.exists():
            return True
        disk = shutil.disk_usage(self._path.parent)
        size = min(LARGEST, disk.total // SHARE)
        if disk.free < PLENTY * size:
            return False
        return self._make(size)

    def give_back(self) -> bool:
        """Remove the file; return whether there was one."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def make_room(self, error: Exception) -> bool:
        """Give the reserve back if there was no room; return whether it is worth while to try again."""
        if getattr(error, "sqlite_errorcode", None) not in NO_ROOM or not self.give_back():
            return False
        log.error("the disk is full: events are stored in the reserve now, make room", path=str(self._path.parent))
        return True

    def _make(self, size: int) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.warning("no room can be set aside for when the disk is full", problem=str(error))
            with suppress(OSError):
                self._path.unlink()
            return False
        return True
