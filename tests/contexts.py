"""A plugin's context without a gateway: what it keeps is in memory, what it emits goes nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from cockpit_gateway import PluginContext
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock, SystemClock
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.events import JSONValue
from cockpit_gateway.storage import PluginStorage


class Memory:
    """Keeps bytes in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        return self.kept.get((plugin, key))

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        self.kept.pop((plugin, key), None)
        if value is not None:
            self.kept[plugin, key] = value

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        found = sorted(key for owner, key in self.kept if owner == plugin and key.startswith(prefix) and key > after)
        return found[:limit]


def a_context(
    name: str,
    config: Any = None,
    *,
    clock: Clock | None = None,
    catalogue: Catalogue | None = None,
    channels: Channels | None = None,
) -> PluginContext:
    """Make a context by hand."""
    storage = PluginStorage(name, Memory())
    parts = (clock or SystemClock(), catalogue or Catalogue(), channels or Channels())
    return PluginContext(name, config, structlog.get_logger(name), *parts, storage, _nowhere)


async def _nowhere(plugin: str, name: str, args: Sequence[JSONValue], key: str | None) -> str:
    return ""
