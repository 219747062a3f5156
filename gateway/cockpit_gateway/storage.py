"""Storage: what a plugin keeps from one event to the next, and from one start to the next."""

from __future__ import annotations

from typing import Protocol

import orjson

from cockpit_gateway.errors import StorageError
from cockpit_gateway.events import JSONValue, encode_json

LONGEST_KEY = 256
"""Characters of a key."""

LARGEST_VALUE = 1024 * 1024
"""Bytes of a value, as JSON."""

KEYS_AT_ONCE = 500


class Keeper(Protocol):
    """Keeps bytes by plugin and key; a store does."""

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        """Return what is kept."""
        ...

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        """Keep something, or nothing."""
        ...

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        """List keys in order."""
        ...


class PluginStorage:
    """A plugin's own keys and values, kept in the gateway's store.

    It is meant for little: a cursor, an id, a token. What is set is durable when the call returns. Of two calls under
    way at once, the last one wins.

    Args:
        plugin: The plugin's name.
        keeper: Where it is kept.

    Example:
        >>> await context.storage.set("cursor", {"page": 7})  # doctest: +SKIP
        >>> await context.storage.get("cursor")  # doctest: +SKIP
        {'page': 7}
    """

    def __init__(self, plugin: str, keeper: Keeper) -> None:
        self._plugin = plugin
        self._keeper = keeper

    async def get(self, key: str, default: JSONValue = None) -> JSONValue:
        """Return what is kept under a key.

        Args:
            key: The key.
            default: What to return if there is nothing.

        Raises:
            StorageError: it is no key.
            StoreError: the store cannot read it now.
        """
        value = await self._keeper.get_value(self._plugin, _checked(key))
        if value is None:
            return default
        kept: JSONValue = orjson.loads(value)
        return kept

    async def set(self, key: str, value: JSONValue) -> None:
        """Keep a value under a key.

        Args:
            key: Up to 256 characters.
            value: What JSON can hold, up to 1 MiB of it.

        Raises:
            StorageError: it is no key, no JSON, or too large.
            StoreError: the store cannot write it now.
        """
        try:
            encoded = encode_json(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise StorageError(f"{key!r}: what is kept is JSON: {error}") from None
        if len(encoded) > LARGEST_VALUE:
            raise StorageError(f"{key!r}: {len(encoded):,} bytes are too much, {LARGEST_VALUE:,} can be kept")
        await self._keeper.set_value(self._plugin, _checked(key), encoded)

    async def delete(self, key: str) -> None:
        """Keep nothing more under a key; see `set`."""
        await self._keeper.set_value(self._plugin, _checked(key), None)

    async def list_keys(self, prefix: str = "") -> list[str]:
        """Return the keys that begin with a prefix, in order."""
        keys: list[str] = []
        while found := await self._keeper.list_keys(
            self._plugin, prefix, after=keys[-1] if keys else "", limit=KEYS_AT_ONCE
        ):
            keys += found
        return keys


def _checked(key: str) -> str:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise StorageError(f"{key[:LONGEST_KEY]!r} is no key: up to {LONGEST_KEY} printable characters are one")
    return key
