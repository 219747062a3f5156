"""A receiver that misbehaves on demand, and notes what arrives."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANG = 3600.0
CHUNK = bytes(64 * 1024)


@dataclass
class Arrival:
    """One request.

    Attributes:
        webhook_id: Of the delivery.
        timestamp: When it was sent by the daemon's wall clock, seconds since the Unix epoch.
        at: When it was complete, seconds of the monotonic clock.
        accepted: Whether 2xx was answered.
    """

    webhook_id: str
    timestamp: int
    at: float
    accepted: bool = False


@dataclass(frozen=True)
class Request:
    """One request as a behaviour sees it."""

    webhook_id: str
    before: int
    """How often this delivery had arrived before."""
    address: str
    arrivals: Sequence[Arrival]
    """What it was noted as, one for each event in it."""

    def accept(self) -> None:
        """Note that the status of the answer is 2xx: only then is a delivery one."""
        for arrival in self.arrivals:
            arrival.accepted = True


Behaviour = Callable[[asyncio.StreamWriter, Request], Awaitable[None]]
"""Answers a request, or does not; the connection is kept unless it closes it."""


async def ok(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 200."""
    writer.write(OK)
    request.accept()


async def unhurried(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 200 after a while."""
    await asyncio.sleep(0.03)
    await ok(writer, request)


async def reset(writer: asyncio.StreamWriter, _: Request) -> None:
    """Reset the connection in the middle of the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()
    plain: socket.socket = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_before_headers(_writer: asyncio.StreamWriter, _: Request) -> None:
    """Never answer."""
    await asyncio.sleep(HANG)


async def hang_after_headers(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 200 and half of a body."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    request.accept()
    await asyncio.sleep(HANG)


async def trickle(writer: asyncio.StreamWriter, _: Request) -> None:
    """Send a byte of the headers from time to time."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


async def gigabyte(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer with a gigabyte."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    request.accept()
    for _ in range(1073741824 // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()


async def redirect(writer: asyncio.StreamWriter, request: Request) -> None:
    """Redirect to itself."""
    location = request.address.encode()
    writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location)


async def broken_chunks(writer: asyncio.StreamWriter, _: Request) -> None:
    """Break off the chunked encoding."""
    writer.write(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n")
    writer.close()


async def garbage(writer: asyncio.StreamWriter, _: Request) -> None:
    """Answer with something that is not HTTP."""
    writer.write(b"\x16\x03\x01 SSH-2.0 nonsense\r\n\r\n")
    writer.close()


async def busy(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 429 with Retry-After, in seconds or as a date in turn."""
    after = b"1" if request.before % 2 == 0 else formatdate(time.time() + 1, usegmt=True).encode()
    writer.write(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n" % after)


async def gone(writer: asyncio.StreamWriter, _: Request) -> None:
    """Answer 410."""
    writer.write(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")


async def error(writer: asyncio.StreamWriter, _: Request) -> None:
    """Answer 500."""
    writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


async def error_then_ok(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 500 the first time, then 200."""
    await (ok if request.before else error)(writer, request)


async def close_idle(writer: asyncio.StreamWriter, request: Request) -> None:
    """Answer 200 and close the connection without saying so."""
    await ok(writer, request)
    await writer.drain()
    writer.close()


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": ok,
    "unhurried": unhurried,
    "reset": reset,
    "hang-before-headers": hang_before_headers,
    "hang-after-headers": hang_after_headers,
    "trickle": trickle,
    "gigabyte": gigabyte,
    "redirect-loop": redirect,
    "broken-chunks": broken_chunks,
    "garbage": garbage,
    "429": busy,
    "410": gone,
    "500": error,
    "500-then-200": error_then_ok,
    "closes-idle": close_idle,
}
MIXED = [name for name in BEHAVIOURS if name not in ("ok", "unhurried", "410", "gigabyte")]
"""What a mixed receiver does one time in three, at random."""


class Receiver:
    """Listens on one port; a path is the name of a behaviour, or `mixed`."""

    def __init__(self, seed: int = 1) -> None:
        self.arrivals: defaultdict[str, defaultdict[int, list[Arrival]]] = defaultdict(lambda: defaultdict(list))
        """Per path and event number, what arrived."""
        self.most: Counter[str] = Counter()
        """Per path, how many requests were answered at once at most."""
        self._at_once: Counter[str] = Counter()
        self.healed = False
        """True to answer 200 from now on, whatever the path."""
        self._random = random.Random(seed)
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self._scheme = "http"

    async def listen(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """Begin to listen."""
        self._scheme = "http" if tls is None else "https"
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and drop every connection."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the URL of a path."""
        return f"{self._scheme}://{host}:{self.port}/{path}"

    def heal(self) -> None:
        """Behave from now on; requests that hang are dropped."""
        self.healed = True
        for connection in list(self._connections):
            connection.cancel()

    def accepted(self, path: str) -> set[int]:
        """Return the numbers of the events that have arrived at a path and were answered with 2xx."""
        return {
            number for number, arrivals in self.arrivals[path].items() if any(arrival.accepted for arrival in arrivals)
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while not writer.is_closing() and await self._answer(reader, writer):
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            with suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        path = lines[0].split()[1].strip("/")
        webhook_id, timestamp = headers["webhook-id"], int(headers["webhook-timestamp"])
        noted = {number: Arrival(webhook_id, timestamp, time.monotonic()) for number in numbers_in(body)}
        for number, arrival in noted.items():
            self.arrivals[path][number].append(arrival)
        before = self._seen[webhook_id]
        self._seen[webhook_id] += 1
        self._at_once[path] += 1
        self.most[path] = max(self.most[path], self._at_once[path])
        try:
            await self._behaviour(path)(writer, Request(webhook_id, before, self.url(path), list(noted.values())))
        finally:
            self._at_once[path] -= 1
        return True

    def _behaviour(self, path: str) -> Behaviour:
        if self.healed:
            return ok
        if path == "mixed":
            name = self._random.choice(MIXED) if self._random.random() < 1 / 3 else "ok"
            return BEHAVIOURS[name]
        return BEHAVIOURS.get(path, ok)


def numbers_in(body: bytes) -> list[int]:
    """Return the numbers of the events that a body carries."""
    return [int(part[:24]) for part in body.split(b'"_id":"')[1:]]


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    await receiver.listen(tls=tls)
    try:
        yield receiver
    finally:
        await receiver.close()
