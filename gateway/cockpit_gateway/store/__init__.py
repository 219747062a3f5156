"""The store: one port, and the engines behind it."""

from __future__ import annotations

from pathlib import Path

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres.settings import DEFAULTS, PostgresSettings
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.transactions import Transacted, tell_nobody


def open_store(url: str, transacted: Transacted = tell_nobody, postgres: PostgresSettings = DEFAULTS) -> Store:
    """Return the engine for a store's URL, not yet opened.

    Args:
        url: "sqlite:" and a path, relative to the working directory; or "postgresql://…".
        transacted: Is told of each transaction.
        postgres: How a database of PostgreSQL is used.

    Raises:
        StoreError: there is no such engine, or what it needs is not installed.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        return SqliteStore(Path(rest), transacted)
    if scheme == "postgresql":
        return _postgres(url, transacted, postgres)
    raise StoreError(f"there is no store engine for {scheme!r}; use sqlite:<path> or postgresql://…")


def _postgres(url: str, transacted: Transacted, settings: PostgresSettings) -> Store:
    try:
        from cockpit_gateway.store.postgres.engine import PostgresStore  # noqa: PLC0415 - asyncpg may not be installed
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StoreError(
            "PostgreSQL needs asyncpg, which is not installed; run: pip install 'cockpit-gateway[postgres]'"
        ) from None
    return PostgresStore(url, transacted, settings)
