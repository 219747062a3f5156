"""What the gateway hands to a plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import structlog

from cockpit_gateway import traceparent
from cockpit_gateway.clock import Clock
from cockpit_gateway.events import JSONValue
from cockpit_gateway.storage import PluginStorage
from cockpit_gateway.threads import wait_for

if TYPE_CHECKING:
    import aiohttp

    from cockpit_gateway.catalogue import Catalogue
    from cockpit_gateway.egress.channel import Channels

_Result = TypeVar("_Result")


class Emit(Protocol):
    """Makes an event of a plugin's."""

    async def __call__(self, plugin: str, name: str, args: Sequence[JSONValue], key: str | None) -> str:
        """Store it, and return its id."""
        ...


@dataclass(frozen=True, slots=True)
class PluginContext:
    """Everything a plugin gets from the gateway; every hook but `register_events` can take it as `context`.

    Attributes:
        name: The plugin's name, as in the configuration and in `plugins list`.
        config: Its section of the configuration as an instance of its `Config` model; None if it declares none.
        log: A structlog logger with the plugin's name bound.
        clock: The gateway's clock; a test can turn it.
        catalogue: The events that the gateway knows: their generic names, arguments, and which are noise.
        channels: What requests go through; see `cockpit_gateway.transports.NetworkSettings`.
        storage: Keys and values of the plugin's own, kept in the gateway's store.
    """

    name: str
    config: Any
    log: structlog.stdlib.BoundLogger
    clock: Clock
    catalogue: Catalogue
    channels: Channels
    storage: PluginStorage
    _emit: Emit

    @property
    def traceparent(self) -> str | None:
        """What a request that is made now says of its trace (W3C Trace Context); None outside of any."""
        return traceparent.current.get()

    @property
    def session(self) -> aiohttp.ClientSession:
        """An aiohttp session that reaches public addresses only, for `async def` hooks; the gateway closes it.

        For private addresses, a proxy or certificates of its own, a plugin's `Config` takes a `NetworkSettings`:
        `context.config.network.session(context.channels)`.

        Raises:
            RuntimeError: this is a `def` hook.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "context.session is for `async def` hooks; in a `def`, use a client that blocks"
            ) from None
        return self.channels.session()

    async def emit(self, name: str, args: Sequence[JSONValue] = (), *, key: str | None = None) -> str:
        """Make an event of the plugin's own: stored, and delivered to endpoints and handlers like Cockpit's.

        Its source is "gateway", its label the plugin's name.

        Args:
            name: The event's name, declared by `register_events` or listed under `custom_events`.
            args: Its arguments, what JSON can hold.
            key: Two events of the same key within `server.dedup_window` are one: a handler is called at least once.

        Returns:
            The event's id, once it is durable.

        Raises:
            EmitError: the name is not the plugin's.
            StoreUnavailableError: it cannot be stored now.
            TypeError: the arguments are no list, or the key is no text.

        Example:
            >>> await context.emit("shop.order.paid", [order], key=order["_id"])  # doctest: +SKIP
        """
        if not isinstance(args, list | tuple):
            raise TypeError(f"emit({name!r}, …) takes a list of the event's arguments, not a {type(args).__name__}")
        if key is not None and not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance] - it is a plugin's
            raise TypeError(f"emit({name!r}, …, key=…) takes text, not a {type(key).__name__}")
        return await self._emit(self.name, name, args, key)

    def wait(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Wait in a `def` hook for what is asynchronous.

        Args:
            coroutine: What to run on the gateway's event loop.

        Returns:
            Its result.

        Raises:
            RuntimeError: this is not a `def` hook that runs in the plugin's threads.

        Example:
            >>> context.wait(context.storage.get("cursor"))  # doctest: +SKIP
        """
        return wait_for(coroutine)
