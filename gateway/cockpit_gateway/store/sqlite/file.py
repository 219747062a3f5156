"""The database file: who owns it, what it is, and how new its schema is."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from cockpit_gateway.errors import StoreError, StoreOwnedError
from cockpit_gateway.store.sqlite.log import CHECKPOINT_PAGES

APPLICATION_ID = 0x434B4757
"""Marks a SQLite file as ours ("CKGW")."""

_CURES = {
    sqlite3.SQLITE_NOTADB: "; name another file under `store`",
    sqlite3.SQLITE_CORRUPT: "; it is damaged or cut short: put a backup in its place with `cockpit-gateway store "
    "restore`",
    sqlite3.SQLITE_FULL: "; make room on the disk",
}

_MIGRATION = re.compile(r"(\d{4})_\w+\.sql")


class Ownership:
    """The lock by which one process owns a database file; it ends with the process, however that ends.

    Args:
        database: Path of the database file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises:
            StoreOwnedError: another process has it.
            OSError: the lock file cannot be made.
        """
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise StoreOwnedError(
                f"another process (pid {owner}) owns the store {self._database}; stop it, or name another store"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def give_back(self) -> None:
        """Release the lock, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make(database: Path) -> None:
    """Make the file, for nobody else to read, unless there is one.

    Raises:
        OSError: it cannot be made.
    """
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


@contextmanager
def owned(database: Path) -> Generator[None]:
    """Own a database file for a while; see `Ownership.take`."""
    ownership = Ownership(database)
    ownership.take()
    try:
        yield
    finally:
        ownership.give_back()


def parts(database: Path) -> Sequence[Path]:
    """Return where a database is: its file, its log, and the log's index; they may be missing."""
    return [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]


@contextmanager
def read_only(database: Path) -> Generator[sqlite3.Connection]:
    """Open a store that another process may use, to read it.

    Raises:
        StoreError: there is none, it is not ours, of a newer program, or cannot be read.
    """
    if not database.is_file():
        raise StoreError(f"there is no store at {database}")
    try:
        uri = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)) as connection:
            if not _version(connection, database, newest=max(_migrations())):
                raise StoreError(f"{database} is no store of cockpit-gateway")
            yield connection
    except sqlite3.Error as error:
        raise refusal(database, error) from error


def refusal(database: Path, error: OSError | sqlite3.Error) -> StoreError:
    """Return why a file cannot be used as a store, and what to do."""
    reason = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return StoreError(f"{database} cannot be used as a store: {reason}{_CURES.get(code, '')}")


def connect(database: Path) -> sqlite3.Connection:
    """Open a connection whose transactions are begun by hand."""
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5.0
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def close(connection: sqlite3.Connection) -> None:
    """Copy the write-ahead log back, and close."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def migrate(connection: sqlite3.Connection, database: Path) -> None:
    """Bring a new or older database up to date, and make its connection the one that writes.

    Raises:
        StoreError: it is no database of ours, or of a newer program.
        sqlite3.Error: it is damaged, or cannot be written.
    """
    migrations = _migrations()
    version = _version(connection, database, newest=max(migrations))
    _keep_private(database)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    for number in range(version + 1, max(migrations) + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migrations[number]}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def _version(connection: sqlite3.Connection, database: Path, newest: int) -> int:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id != APPLICATION_ID and (application_id or version or tables):
        raise StoreError(f"{database} is a database of another program; name another file under `store`")
    if version > newest:
        raise StoreError(
            f"{database} was written by a newer cockpit-gateway (schema {version}, this one knows {newest}); "
            "upgrade the program"
        )
    return int(version)


def _keep_private(database: Path) -> None:
    for path in parts(database):
        if path.exists():
            path.chmod(0o600)


def _migrations() -> dict[int, str]:
    folder = files("cockpit_gateway.store.sqlite") / "migrations"
    found = ((_MIGRATION.fullmatch(file.name), file) for file in folder.iterdir())
    return {int(name[1]): file.read_text() for name, file in found if name is not None}


def measure(path: Path) -> tuple[int, int, int]:
    """Return the bytes of a database, of its log, and those free on its disk."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size, log.stat().st_size if log.exists() else 0, shutil.disk_usage(path.parent).free
