"""The load: a generator and a receiver that cost little, in one process of their own.

Run as `python -m bench.load closed|open PORT[,PORT…] SINK_PORT EVENTS RATE_OR_CONNECTIONS ARRIVALS`, or with `sink` to
receive ARRIVALS deliveries and send nothing; prints one JSON object. A delivery to a path with "slow" in it is answered
late.
Raw protocols instead of an HTTP library, so that what is measured is the process in between.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import cycle
from typing import cast

import uvloop

HEAD = (
    b"POST /cockpit/website HTTP/1.1\r\nHost: gateway\r\nAccept: */*\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
BODY = (
    b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"title":"Hello",'
    b'"body":"<p>first<\\/p>","published":true,"price":9.99,"tags":[],"meta":[],"nested":[],"_by":null,'
    b'"_modified":1795422736,"_created":1795422736,"_id":"%024d"},false]}'
)
PATIENCE = 120.0
"""Seconds after which a run has failed."""

SLOW = 3.0
"""Seconds after which a slow path is answered."""


def request(number: int) -> bytes:
    """Return the bytes of one POST, as Cockpit sends it; the number is the entry's id."""
    body = BODY % number
    return HEAD % len(body) + body


class Messages(asyncio.Protocol, ABC):
    """Cuts a byte stream into HTTP messages with a Content-Length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on each complete message."""
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self.message(head, body)

    @abstractmethod
    def message(self, head: bytes, body: bytes) -> None:
        """Take one message."""


class Run:
    """What happened: when each event was sent, acknowledged and first arrived, in seconds of the monotonic clock.

    Args:
        events: How many are sent.
        arrivals: How many deliveries are waited for.
    """

    def __init__(self, events: int, arrivals: int) -> None:
        self.events = events
        self._awaited = arrivals
        self.sent: dict[int, float] = {}
        self.acked: dict[int, float] = {}
        self.arrived: dict[int, float] = {}
        self.arrivals = 0
        self.last_arrival = 0.0
        self.complete = asyncio.Event()

    def note_arrival(self, number: int) -> None:
        """Note that a delivery arrived at the receiver."""
        self.last_arrival = time.monotonic()
        self.arrivals += 1
        self.arrived.setdefault(number, self.last_arrival)
        self.check()

    def check(self) -> None:
        """End the run when every event was acknowledged and every delivery arrived."""
        if len(self.acked) == self.events and self.arrivals >= self._awaited:
            self.complete.set()


class Sink(Messages):
    """Receives deliveries and answers 200."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def message(self, head: bytes, body: bytes) -> None:
        """Note the arrival and answer."""
        if b"slow" in head.partition(b"\r\n")[0]:
            asyncio.get_running_loop().call_later(SLOW, self._answer)
        else:
            self._answer()
        self._run.note_arrival(int(body.partition(b'"_id":"')[2][:24]))

    def _answer(self) -> None:
        assert self._transport is not None
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Sender(Messages):
    """Posts events over one connection, one after the other; one only in the open loop."""

    def __init__(self, run: Run, numbers: list[int]) -> None:
        super().__init__()
        self._run = run
        self._numbers = numbers
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Post the first event."""
        super().connection_made(transport)
        self._post()

    def message(self, head: bytes, body: bytes) -> None:  # noqa: ARG002
        """Note the answer and post the next event."""
        if b" 202 " not in head[:16]:
            sys.exit(f"unexpected answer: {head.decode()}")
        self._run.acked[self._number] = time.monotonic()
        self._run.check()
        self._post()

    def _post(self) -> None:
        assert self._transport is not None
        if not self._numbers:
            self._transport.close()
            return
        self._number = self._numbers.pop()
        self._run.sent.setdefault(self._number, time.monotonic())
        self._transport.write(request(self._number))


async def closed_loop(run: Run, ports: Iterator[int], connections: int) -> None:
    """Post as fast as answers come, over so many kept connections."""
    numbers = list(range(run.events))
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Sender(run, numbers), "127.0.0.1", next(ports))


async def open_loop(run: Run, ports: Iterator[int], rate: int) -> None:
    """Post at a fixed rate, a new connection for each event, as Cockpit does."""
    began = time.monotonic()
    posts: list[asyncio.Task[None]] = []
    for number in range(run.events):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        run.sent[number] = time.monotonic()
        posts.append(asyncio.create_task(_post_one(run, number, next(ports))))
    await asyncio.gather(*posts)


async def _post_one(run: Run, number: int, port: int) -> None:
    await asyncio.get_running_loop().create_connection(lambda: Sender(run, [number]), "127.0.0.1", port)


async def main(kind: str, ports: str, sink_port: int, events: int, intensity: int, arrivals: int) -> None:
    """Run the load and print what happened; a sink port of 0 is a process that delivers nothing."""
    run = Run(0 if kind == "sink" else events, arrivals)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Sink(run), "127.0.0.1", sink_port)
    if kind != "sink":
        await (closed_loop if kind == "closed" else open_loop)(run, cycle(map(int, ports.split(","))), intensity)
    async with asyncio.timeout(PATIENCE):
        await run.complete.wait()
    last = run.last_arrival if arrivals else max(run.acked.values())
    print(
        json.dumps(
            {
                "seconds": last - min((run.sent or run.arrived).values()),
                "ack": sorted(run.acked[number] - run.sent[number] for number in run.sent),
                "arrival": sorted(run.arrived[number] - run.sent[number] for number in run.arrived if run.sent),
                "first_arrival": min(run.arrived.values(), default=0.0),
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
