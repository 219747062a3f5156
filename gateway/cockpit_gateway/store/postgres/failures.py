"""PostgreSQL's failures in the words of the port: those that may pass, and those that waiting does not cure."""

from __future__ import annotations

import structlog
from asyncpg import InterfaceError, InternalClientError, InvalidCachedStatementError, PostgresError

from cockpit_gateway.errors import GatewayError, StoreError, StoreUnavailableError

PASSING = ("08", "25", "40", "53", "55", "57", "58")
"""Classes of errors that may pass: no connection, a transaction that a server reads only, a conflict, no room, a lock,
a server that ends or begins, its device."""

UNFIT = ("08", "25006", "25P03", "57P")
"""What those begin with after which a connection is given up: the next one may lead to a server that can."""

_CURES = {
    "25006": "; name the primary, or let this user write: default_transaction_read_only",
    "28000": "; let this user in, in the server's pg_hba.conf",
    "28P01": "; give the password by `${VAR}` in the configuration, in PGPASSWORD, or in a file that PGPASSFILE names",
    "3D000": "; make it with `createdb`",
    "53300": "; raise the server's max_connections, or lower postgres.pool of each gateway",
}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def may_pass(error: BaseException) -> bool:
    """Tell whether the same operation may work later."""
    return is_lost(error) or is_conflict(error) or _state(error)[:2] in PASSING


def is_lost(error: BaseException) -> bool:
    """Tell whether a connection is of no use any more: nobody knows what became of what was asked for."""
    if isinstance(error, PostgresError):
        return _state(error).startswith(UNFIT)
    # A mistake in a parameter is an InterfaceError, too, but also a ValueError.
    return isinstance(error, (OSError, TimeoutError, EOFError, InternalClientError)) or (
        isinstance(error, InterfaceError) and not isinstance(error, (ValueError, TypeError))
    )


def is_conflict(error: BaseException) -> bool:
    """Tell whether the same may work at once.

    Another transaction was in the way, or a newer program has changed a table since a statement was prepared; asyncpg
    prepares it anew, but cannot go on in a transaction that has failed.
    """
    return _state(error)[:2] == "40" or isinstance(error, InvalidCachedStatementError)


def describe(error: BaseException) -> str:
    """Return what is to be said of a failure, in one line, and what to do."""
    if type(error) is InternalClientError:  # the driver's own state, after the server's last words on a connection
        return "the connection was lost"
    silent = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    return ("; ".join(str(error).splitlines()) or silent) + _CURES.get(_state(error), "")


def told(error: Exception) -> GatewayError:
    """Return a failure as an exception of the port."""
    if isinstance(error, GatewayError):
        return error
    if may_pass(error):
        return StoreUnavailableError(describe(error))
    if isinstance(error, PostgresError):
        return StoreError(f"the store refused: {describe(error)}")
    log.error("a defect in the store, or a value that it cannot hold", exc_info=error)
    return StoreError(f"the store failed: {type(error).__name__}")


def _state(error: BaseException) -> str:
    state: str | None = getattr(error, "sqlstate", None)
    return state or ""
