"""What plugins keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cockpit_gateway.store.sqlite.statements import statement

GET_VALUE = statement("get_value")
SET_VALUE = statement("set_value")
DELETE_VALUE = statement("delete_value")
LIST_KEYS = statement("list_keys")


def get_value(connection: sqlite3.Connection, plugin: str, key: str) -> bytes | None:
    """Return what a plugin keeps under a key, None for nothing."""
    row = connection.execute(GET_VALUE, (plugin, key)).fetchone()
    return None if row is None else bytes(row[0])


def set_value(connection: sqlite3.Connection, plugin: str, key: str, value: bytes | None) -> None:
    """Keep something under a key; None to keep nothing."""
    if value is None:
        connection.execute(DELETE_VALUE, (plugin, key))
    else:
        connection.execute(SET_VALUE, (plugin, key, value))


def list_keys(connection: sqlite3.Connection, plugin: str, prefix: str, after: str, limit: int) -> Sequence[str]:
    """List keys that begin with a prefix, in order."""
    given = {"plugin": plugin, "prefix": prefix, "after": after, "limit": limit}
    return [key for (key,) in connection.execute(LIST_KEYS, given)]
