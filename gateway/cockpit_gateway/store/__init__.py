"""The store: one port, and the engines behind it."""

from __future__ import annotations

from pathlib import Path

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.store.sqlite.writer import Transacted, tell_nobody


def open_store(url: str, transacted: Transacted = tell_nobody) -> Store:
    """Return the engine for a store's URL, not yet opened.

    Args:
        url: "sqlite:" and a path, relative to the working directory.
        transacted: Is told of each transaction: its jobs, and its seconds; in a thread of the store's.

    Raises:
        StoreError: there is no such engine.
    """
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite" or not rest:
        raise StoreError(f"there is no store engine for {scheme!r}; use sqlite:<path>")
    return SqliteStore(Path(rest), transacted)
