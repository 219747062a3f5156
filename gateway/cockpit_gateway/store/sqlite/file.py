"""The database file: who owns it, what it is, and how new its schema is."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from importlib.resources import files
from pathlib import Path

from cockpit_gateway.errors import StoreError, StoreOwnedError

APPLICATION_ID = 0x434B4757
"""Marks a SQLite file as ours ("CKGW")."""

CHECKPOINT_PAGES = 4000
"""Pages of 4 KiB in the write-ahead log before it is copied back: 16 MiB, so that hot pages are copied once for many
commits."""

_MIGRATION = re.compile(r"(\d{4})_\w+\.sql")


class Ownership:
    """The lock by which one process owns a database file; it ends with the process, however that ends.

    Args:
        database: Path of the database file.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises:
            StoreOwnedError: another process has it.
            OSError: the lock file cannot be made.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreOwnedError(
                f"another process (pid {owner}) owns the store {self._path.with_suffix('')}; "
                "stop it, or give this gateway a store of its own"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def give_back(self) -> None:
        """Release the lock, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def prepare(database: Path) -> None:
    """Make the file's directory, and the file for nobody else to read.

    Raises:
        OSError: they cannot be made.
    """
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def connect(database: Path) -> sqlite3.Connection:
    """Open a connection whose transactions are begun by hand."""
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5.0
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def migrate(connection: sqlite3.Connection, database: Path) -> None:
    """Bring a new or older database up to date.

    Raises:
        StoreError: it is no database of ours, damaged, or of a newer program.
    """
    try:
        _check_identity(connection, database)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        _apply_missing(connection, database)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{database} cannot be used as a store: {error}") from error


def _check_identity(connection: sqlite3.Connection, database: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise StoreError(f"{database} is a database of another program; name another file under `store`")


def _apply_missing(connection: sqlite3.Connection, database: Path) -> None:
    migrations = _migrations()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > max(migrations):
        raise StoreError(
            f"{database} was written by a newer cockpit-gateway (schema {version}, this one knows {max(migrations)}); "
            "upgrade the program"
        )
    for number in range(version + 1, max(migrations) + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migrations[number]}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def _migrations() -> dict[int, str]:
    found = (
        (_MIGRATION.fullmatch(file.name), file)
        for file in (files("cockpit_gateway.store.sqlite") / "migrations").iterdir()
    )
    return {int(name[1]): file.read_text() for name, file in found if name is not None}
