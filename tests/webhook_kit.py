"""The webhook plugin without a daemon, and receivers on loopback: a real HTTP server that notes what arrives, and a
raw one for answers that no server would give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cockpit_gateway import Delivery, DeliveryState, Event, PluginContext, Response, Retry
from cockpit_gateway_webhook import WebhookPlugin

DELIVERY_ID = "0198c0de-0000-7000-8000-000000000001"
BODY = b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"title":"H\\u00fc\\/"},false]}'


def saved(body: bytes = BODY, name: str = "collections.save.after") -> Event:
    """Return an event as the gateway stores it."""
    return Event("0198c0de-0000-7000-8000-0000000000ee", name, "website", body, 1_700_000_000.5, hook="all", backend=1)


class Plugin:
    """A plugin with a context made by hand, and what its hooks return."""

    def __init__(self, plugin: WebhookPlugin, context: PluginContext) -> None:
        self.plugin = plugin
        self.context = context
        self.targets = {target.name: target for target in plugin.register_targets(context)}

    async def deliver(self, event: Event | None = None, target: str = "it") -> Response:
        """Make one attempt."""
        delivery = Delivery(DELIVERY_ID, "e", 1, "webhook", target, None, DeliveryState.RUNNING, 0, 0.0, 0.0)
        return await self.plugin.deliver(delivery, [event or saved()], self.context)


async def reason(plugin: Plugin, target: str = "it") -> str:
    """Make an attempt that fails; returns why."""
    with pytest.raises(Retry) as failed:
        await plugin.deliver(target=target)
    return failed.value.reason


Start = Callable[[dict[str, dict[str, Any]]], Awaitable[Plugin]]
"""Starts a plugin with these endpoints."""


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """A server that speaks whatever `serve` writes.

    Attributes:
        url: Where it listens.
        hung_up: Set when a connection's `serve` ended, because it was done or because the client hung up.
    """

    url: str
    hung_up: asyncio.Event


@asynccontextmanager
async def raw_server(serve: Serve) -> AsyncIterator[RawServer]:
    """Run a raw server on a free port; it reads each request's head and body before `serve` writes."""
    hung_up = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _read_request(reader)
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            hung_up.set()
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield RawServer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", hung_up)
    finally:
        server.close()
        await server.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.splitlines() if line.lower().startswith(b"content-length:")]
    await reader.readexactly(int(lengths[0]) if lengths else 0)
