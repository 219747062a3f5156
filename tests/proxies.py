"""Proxies that note what they are asked for: HTTP (RFC 9110) and SOCKS5 (RFC 1928); every name is this machine."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from yarl import URL


@dataclass
class Proxy:
    """A proxy on a free port.

    Attributes:
        port: Where it listens.
        asked_for: What was asked of it.
        credentials: Users and passwords that it was given.
    """

    port: int = 0
    asked_for: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)


Serve = Callable[[Proxy, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def http_proxy(status: int = 200, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Run an HTTP proxy, reached by https with `tls`; with another status than 200 it refuses each CONNECT with it."""

    async def serve(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        method, target, _ = line.split(" ")
        proxy.asked_for.append(f"{method} {target}")
        proxy.credentials += [
            base64.b64decode(header.rpartition(" ")[2]).decode()
            for header in headers
            if header.lower().startswith("proxy-authorization:")
        ]
        if method == "CONNECT":
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode())
            if status == 200:
                await _join(reader, writer, int(target.rpartition(":")[2]))
            return
        url = URL(target)
        await _join(reader, writer, url.port or 80, head.replace(target.encode(), url.raw_path_qs.encode(), 1))

    async with _listening(serve, tls) as proxy:
        yield proxy


@asynccontextmanager
async def socks_proxy() -> AsyncIterator[Proxy]:
    """Run a SOCKS5 proxy that wants user and password (RFC 1929)."""

    async def serve(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x02")
        await reader.readexactly(1)
        user, password = await _text(reader), await _text(reader)
        proxy.credentials.append(f"{user}:{password}")
        writer.write(b"\x01\x00")
        assert await reader.readexactly(4) == b"\x05\x01\x00\x03", "a name is to be looked up by the proxy"
        name = await _text(reader)
        port = int.from_bytes(await reader.readexactly(2))
        proxy.asked_for.append(f"{name}:{port}")
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await _join(reader, writer, port)

    async with _listening(serve) as proxy:
        yield proxy


async def _text(reader: asyncio.StreamReader) -> str:
    (length,) = await reader.readexactly(1)
    return (await reader.readexactly(length)).decode()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes = b"") -> None:
    """Pass bytes both ways until one side ends."""
    there, here = await asyncio.open_connection("127.0.0.1", port)
    here.write(first)
    ways = [asyncio.create_task(_pump(reader, here)), asyncio.create_task(_pump(there, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        here.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def _listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(proxy, reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()
