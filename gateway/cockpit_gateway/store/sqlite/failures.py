"""SQLite's failures in the words of the port: those that may pass, and those that waiting does not cure."""

from __future__ import annotations

import sqlite3

import structlog

from cockpit_gateway.errors import GatewayError, StoreError, StoreUnavailableError

PASSING = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }
)
"""Primary result codes that may pass: a full disk, a lock, a device that fails."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def may_pass(error: Exception) -> bool:
    """Tell whether the same operation may work later."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF in PASSING


def told(error: Exception) -> GatewayError:
    """Return a failure as an exception of the port."""
    if isinstance(error, GatewayError):
        return error
    if may_pass(error):
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        return StoreUnavailableError(f"{error}; make room where the store is" if full else str(error))
    if isinstance(error, sqlite3.Error):
        return StoreError(f"the store refused: {error}")
    log.error("a defect in the store, or a value that it cannot hold", exc_info=error)
    return StoreError(f"the store failed: {type(error).__name__}")
