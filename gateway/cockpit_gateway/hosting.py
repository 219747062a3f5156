"""Hosting: the plugins at work, each with what it is given, where its functions run, and what of it is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from cockpit_gateway.config import HandlerSettings
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.registry import Implementation, Registry
from cockpit_gateway.threads import WorkerThreads


class Host:
    """Calls one plugin's functions.

    A plugin whose settings change gets another host, while the calls of this one come to their end.

    Args:
        context: What the plugin is given.
        handlers: How its event handlers are called.
    """

    def __init__(self, context: PluginContext, handlers: HandlerSettings) -> None:
        self.context = context
        self.handlers = handlers
        self.threads = WorkerThreads(f"plugin-{context.name}", handlers.threads)
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def slots(self, implementation: Implementation) -> asyncio.Semaphore | None:
        """Return what attempts of a function share: the threads of a `def`, nothing for `async def`."""
        return None if implementation.is_async else self.threads.slots

    def call(self, implementation: Implementation, values: MutableMapping[str, object]) -> Any:
        """Call a function whose result is needed at once.

        Args:
            implementation: The function.
            values: What it can take, by name; the context is added.
        """
        values["context"] = self.context
        return implementation.call(values)

    async def run(self, implementation: Implementation, values: MutableMapping[str, object]) -> Any:
        """Call a function, a `def` in one of the threads, and return its result; see `call`."""
        values["context"] = self.context
        if not implementation.is_async:
            return await self.run_in_thread(lambda: implementation.call(values))
        self._begun()
        try:
            return await implementation.call(values)
        finally:
            self._ended()

    async def run_in_thread(self, function: Callable[[], Any]) -> Any:
        """Call what blocks in one of the threads, and return its result."""
        self._begun()
        try:
            return await self.threads.run(function)
        finally:
            self._ended()

    async def idle(self) -> None:
        """Wait until no call is under way."""
        await self._idle.wait()

    async def close(self) -> None:
        """Close what its requests went through, and end its threads; nothing is called any more."""
        await self.context.channels.close()
        self.threads.end()

    def _begun(self) -> None:
        self._under_way += 1
        self._idle.clear()

    def _ended(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._idle.set()


class Plugins:
    """The plugins at work; after a reload, they are others.

    Args:
        registry: Their hooks.
        hosts: Their hosts, by name.
    """

    def __init__(self, registry: Registry, hosts: Mapping[str, Host]) -> None:
        self.registry = registry
        self.hosts = hosts

    def adopt(self, other: Plugins) -> None:
        """Become others."""
        self.registry, self.hosts = other.registry, other.hosts

    def host(self, implementation: Implementation) -> Host:
        """Return the host of an implementation's plugin."""
        return self.hosts[implementation.plugin]
