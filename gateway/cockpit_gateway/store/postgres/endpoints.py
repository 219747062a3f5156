"""Endpoints that were made while the gateway ran."""

from __future__ import annotations

from collections.abc import Sequence

import uuid_utils

from cockpit_gateway.errors import ConflictError
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.text import from_store
from cockpit_gateway.store.records import StoredEndpoint

ENDPOINTS = query("endpoints")
ENDPOINT_VERSION = query("endpoint_version")
MAKE_ENDPOINT = query("make_endpoint")
CHANGE_ENDPOINT = query("change_endpoint")
REMOVE_ENDPOINT = query("remove_endpoint")


async def endpoints(connection: Connection) -> Sequence[StoredEndpoint]:
    """Return all of them, by name."""
    return [StoredEndpoint(from_store(name), *rest) for name, *rest in await ENDPOINTS.rows(connection)]


async def put_endpoint(connection: Connection, name: str, sealed: bytes, expected: str | None, now: float) -> None:
    """Keep one, if it is still what somebody saw."""
    change = MAKE_ENDPOINT if expected is None else CHANGE_ENDPOINT
    values = {"name": name, "sealed": sealed, "version": str(uuid_utils.uuid7()), "now": now, "expected": expected}
    if not await change.run(connection, **values):
        await _refuse(connection, name, expected)


async def remove_endpoint(connection: Connection, name: str, expected: str) -> None:
    """Remove one, if it is still what somebody saw."""
    if not await REMOVE_ENDPOINT.run(connection, name=name, expected=expected):
        await _refuse(connection, name, expected)


async def _refuse(connection: Connection, name: str, expected: str | None) -> None:
    if expected is None:
        raise ConflictError(f"there is an endpoint {name!r} already")
    if await ENDPOINT_VERSION.value(connection, name=name) is None:
        raise ConflictError(f"the endpoint {name!r} has been deleted meanwhile")
    raise ConflictError(f"the endpoint {name!r} has been changed meanwhile; look at it again")
