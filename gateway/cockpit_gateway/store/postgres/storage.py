"""What plugins keep."""

from __future__ import annotations

from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.text import from_store

GET_VALUE = query("get_value")
SET_VALUE = query("set_value")
DELETE_VALUE = query("delete_value")
LIST_KEYS = query("list_keys")


async def get_value(connection: Connection, plugin: str, key: str) -> bytes | None:
    """Return what a plugin keeps under a key, None for nothing."""
    value: bytes | None = await GET_VALUE.value(connection, plugin=plugin, key=key)
    return value


async def set_value(connection: Connection, plugin: str, key: str, value: bytes | None) -> None:
    """Keep something under a key; None to keep nothing."""
    if value is None:
        await DELETE_VALUE.run(connection, plugin=plugin, key=key)
    else:
        await SET_VALUE.run(connection, plugin=plugin, key=key, value=value)


async def list_keys(connection: Connection, plugin: str, prefix: str, after: str, limit: int) -> list[str]:
    """List keys that begin with a prefix, in order."""
    given = {"plugin": plugin, "prefix": prefix, "after": after, "limit": limit}
    return [from_store(key) for (key,) in await LIST_KEYS.rows(connection, **given)]
