"""A plugin's context without a gateway, for tests of a plugin's parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
import uuid_utils

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.events import JSONValue
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.storage import PluginStorage
from cockpit_gateway.testing.clock import FakeClock


class _Memory:
    """Keeps bytes in memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        return self._kept.get((plugin, key))

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        self._kept.pop((plugin, key), None)
        if value is not None:
            self._kept[plugin, key] = value

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        found = sorted(key for owner, key in self._kept if owner == plugin and key.startswith(prefix) and key > after)
        return found[:limit]


def make_context(
    name: str,
    config: Any = None,
    *,
    clock: Clock | None = None,
    catalogue: Catalogue | None = None,
    channels: Channels | None = None,
) -> PluginContext:
    """Make a context by hand: what it keeps is in memory, what it emits goes nowhere.

    Args:
        name: The plugin's name.
        config: An instance of its `Config`, None if it has none.
        clock: The clock; None for one that stands still.
        catalogue: The known events; None for Cockpit's.
        channels: What requests go through; close what is opened.

    Example:
        >>> import asyncio
        >>> context = make_context("search")
        >>> asyncio.run(context.storage.set("cursor", 7))
        >>> asyncio.run(context.storage.get("cursor"))
        7
    """
    parts = (clock or FakeClock(), catalogue or Catalogue(), channels or Channels())
    return PluginContext(name, config, structlog.get_logger(name), *parts, PluginStorage(name, _Memory()), _nowhere)


async def _nowhere(plugin: str, name: str, args: Sequence[JSONValue], key: str | None) -> str:  # noqa: ARG001
    return str(uuid_utils.uuid7())
