"""Runs a gateway inside a test, from YAML, on real sockets and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cockpit_gateway import Delivery, DeliveryState
from cockpit_gateway.clock import Clock, SystemClock
from cockpit_gateway.events import Event
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.testing import FakeClock, GatewayTester

PATIENCE = 60.0
"""Seconds after which a condition that was waited for has failed."""

MINIMAL = "sources: {website: {}}\n"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read off a raw socket."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@asynccontextmanager
async def running(
    directory: Path,
    yaml: str = MINIMAL,
    plugins: Mapping[str, object] | None = None,
    clock: Clock | None = None,
    *,
    listen: str = "127.0.0.1:0",
    server: str = "",
) -> AsyncIterator[Gateway]:
    """Run a gateway on a free port, with its store in a directory."""
    async with _tester(directory, yaml, plugins, clock, listen=listen, server=server) as tester:
        yield tester.gateway


def assemble(
    directory: Path,
    yaml: str = MINIMAL,
    plugins: Mapping[str, object] | None = None,
    clock: Clock | None = None,
    *,
    listen: str = "127.0.0.1:0",
    server: str = "",
) -> Gateway:
    """Put a gateway together without starting it; `server` is more of that section, as in a YAML mapping."""
    return _tester(directory, yaml, plugins, clock, listen=listen, server=server).gateway


def _tester(
    directory: Path,
    yaml: str,
    plugins: Mapping[str, object] | None,
    clock: Clock | None,
    *,
    listen: str,
    server: str,
) -> GatewayTester:
    text = f"server: {{listen: '{listen}', grace: 2s, {server}}}\n{yaml}"
    return GatewayTester(directory, text, plugins, clock or SystemClock())


async def post(
    gateway: Gateway, body: bytes, path: str = "/cockpit/website", headers: Mapping[str, str] | None = None
) -> Answer:
    """Post a body as Cockpit does: a connection of its own, its headers in its order."""
    lines = [f"POST {path} HTTP/1.1", "Host: gateway", "Accept: */*", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return await raw(gateway, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


async def raw(gateway: Gateway, request: bytes) -> Answer:
    """Send bytes and read one answer."""
    reader, writer = await connect(gateway)
    try:
        writer.write(request)
        return await read_answer(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def connect(gateway: Gateway) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to the listener that Cockpit posts to."""
    if gateway.listeners.address.startswith("unix:"):
        return await asyncio.open_unix_connection(gateway.listeners.address.removeprefix("unix:"))
    host, _, port = gateway.listeners.address.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one HTTP answer; a connection closed before one gives the status 0."""
    try:
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode().splitlines()
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return Answer(0, {}, b"")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split()[1]), headers, body)


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def eventually_in_time(clock: FakeClock, condition: Callable[[], object], step: float) -> None:
    """Let time pass until a condition holds, in steps of so many seconds: what looks from time to time may be at it."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            clock.let_pass(step)
            await asyncio.sleep(0.005)


async def stored(gateway: Gateway) -> list[Event]:
    """Return every stored event, oldest first."""
    return list(reversed(await gateway.store.events(EventFilter(limit=1000))))


async def deliveries(gateway: Gateway) -> list[Delivery]:
    return list(await gateway.store.deliveries(DeliveryFilter(limit=1000)))


async def wait_for(gateway: Gateway, state: DeliveryState, count: int = 1) -> list[Delivery]:
    """Wait until so many deliveries are in a state, and return them."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [delivery for delivery in await deliveries(gateway) if delivery.state is state]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.005)


async def wait_for_all(gateway: Gateway, state: DeliveryState, count: int) -> None:
    """Wait until so many deliveries are in a state, however many that are."""
    async with asyncio.timeout(PATIENCE):
        while sum(n for (_, found), n in (await gateway.store.totals()).deliveries.items() if found is state) < count:
            await asyncio.sleep(0.02)
