"""Endpoints that were made while the gateway ran."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import uuid_utils

from cockpit_gateway.errors import ConflictError
from cockpit_gateway.store.records import StoredEndpoint
from cockpit_gateway.store.sqlite.statements import statement

ENDPOINTS = statement("endpoints")
ENDPOINT_VERSION = statement("endpoint_version")
PUT_ENDPOINT = statement("put_endpoint")
REMOVE_ENDPOINT = statement("remove_endpoint")


def endpoints(connection: sqlite3.Connection) -> Sequence[StoredEndpoint]:
    """Return all of them, by name."""
    return [StoredEndpoint(*row) for row in connection.execute(ENDPOINTS)]


def put_endpoint(connection: sqlite3.Connection, name: str, sealed: bytes, expected: str | None, now: float) -> None:
    """Keep one, if it is still what somebody saw."""
    _require_version(connection, name, expected)
    values = {"name": name, "sealed": sealed, "version": str(uuid_utils.uuid7()), "now": now}
    connection.execute(PUT_ENDPOINT, values)


def remove_endpoint(connection: sqlite3.Connection, name: str, expected: str) -> None:
    """Remove one, if it is still what somebody saw."""
    _require_version(connection, name, expected)
    connection.execute(REMOVE_ENDPOINT, (name,))


def _require_version(connection: sqlite3.Connection, name: str, expected: str | None) -> None:
    row = connection.execute(ENDPOINT_VERSION, (name,)).fetchone()
    if row is None and expected is not None:
        raise ConflictError(f"the endpoint {name!r} has been deleted meanwhile")
    if row is not None and expected is None:
        raise ConflictError(f"there is an endpoint {name!r} already")
    if row is not None and row[0] != expected:
        raise ConflictError(f"the endpoint {name!r} has been changed meanwhile; look at it again")
