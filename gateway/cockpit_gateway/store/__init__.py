"""The store: one port, and the engines behind it."""

from __future__ import annotations

from pathlib import Path

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.writer import Transacted, tell_nobody


<<<<<<< HEAD
def open_store(url: str, postgres: PostgresSettings = PostgresSettings()) -> Store:  # noqa: B008 - it is immutable
    """Return the engine for a store's URL, not yet opened.

    Args:
        url: "sqlite:" and a path, relative to the working directory; or "postgresql://…".
        postgres: How a database of PostgreSQL is used.
=======
def open_store(url: str, transacted: Transacted = tell_nobody) -> Store:
    """Return the engine for a store's URL, not yet opened.

    Args:
        url: "sqlite:" and a path, relative to the working directory.
        transacted: Is told of each transaction: its jobs, and its seconds; in a thread of the store's.
>>>>>>> main

    Raises:
        StoreError: there is no such engine, or what it needs is not installed.
    """
    scheme, _, rest = url.partition(":")
<<<<<<< HEAD
    if scheme == "sqlite" and rest:
        return SqliteStore(Path(rest))
    if scheme == "postgresql":
        return _postgres(url, postgres)
    raise StoreError(f"there is no store engine for {scheme!r}; use sqlite:<path> or postgresql://…")


def _postgres(url: str, settings: PostgresSettings) -> Store:
    try:
        from cockpit_gateway.store.postgres.engine import PostgresStore  # noqa: PLC0415 - asyncpg may not be installed
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StoreError(
            "PostgreSQL needs asyncpg, which is not installed; run: pip install 'cockpit-gateway[postgres]'"
        ) from None
    return PostgresStore(url, settings)
=======
    if scheme != "sqlite" or not rest:
        raise StoreError(f"there is no store engine for {scheme!r}; use sqlite:<path>")
    return SqliteStore(Path(rest), transacted)
>>>>>>> main
