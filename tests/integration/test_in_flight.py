"""One bound over all bodies that are being read or wait for their commit."""

from __future__ import annotations

import asyncio
import gc
import gzip
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import gateways
import pytest

from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
MIB = 1024 * 1024
BOUND = "max_body: 1 MiB, max_in_flight: 4 MiB, read_timeout: 60s"
LINE = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\n"


async def stall(gateway: Gateway, framing: bytes, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send nearly all of a body."""
    reader, writer = await gateways.connect(gateway)
    writer.write(LINE + framing + b"\r\n\r\n" + body)
    return reader, writer


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: %d" % MIB, bytes(MIB - 1)),
        (b"Transfer-Encoding: chunked", b"%x\r\n" % MIB + bytes(MIB - 1)),
    ],
)
async def test_stalled_bodies_are_bounded_together(tmp_path: Path, framing: bytes, body: bytes) -> None:
    most = 0

    def watch(gateway: Gateway) -> bool:
        nonlocal most
        most = max(most, gateway.in_flight.size)
        return len([task for task in answers if task.done()]) >= 56

    async with gateways.running(tmp_path, server=BOUND) as gateway:
        stalled = [await stall(gateway, framing, body) for _ in range(60)]
        answers = [asyncio.create_task(gateways.read_answer(reader)) for reader, _ in stalled]
        await gateways.eventually(lambda: watch(gateway))
        refused = [task.result() for task in answers if task.done()]
        assert {(answer.status, answer.headers["retry-after"]) for answer in refused} == {(503, "1")}
        assert len(refused) >= 56
        assert most <= 4 * MIB
        for _, writer in stalled:
            writer.transport.abort()
        await gateways.eventually(lambda: gateway.in_flight.size == 0)
        assert (await gateways.post(gateway, SAVE)).status == 202
        await asyncio.gather(*answers)


async def test_beyond_the_bound_a_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server=BOUND) as gateway:
        held = [await stall(gateway, b"Content-Length: %d" % MIB, bytes(MIB - 1)) for _ in range(3)]
        await gateways.eventually(lambda: gateway.in_flight.size == 3 * (MIB - 1))
        head = LINE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
        assert (await gateways.raw(gateway, head % MIB)).status == 100
        held.append(await stall(gateway, b"Content-Length: %d" % MIB, bytes(MIB - 1)))
        await gateways.eventually(lambda: gateway.in_flight.size == 4 * (MIB - 1))
        assert (await gateways.raw(gateway, head % MIB)).status == 503
        assert (await gateways.post(gateway, SAVE)).status == 503
        reader, writer = held[0]
        writer.write(b" ")
        assert (await gateways.read_answer(reader)).status == 202
        assert (await gateways.post(gateway, SAVE)).status == 202
        for _, writer in held:
            writer.transport.abort()


async def test_every_end_of_a_body_gives_back_what_it_held(tmp_path: Path) -> None:
    bomb = b"Content-Length: 20\r\nContent-Encoding: gzip\r\n\r\n" + bytes(20)
    requests = [
        LINE + b"Content-Length: %d\r\n\r\n" % len(SAVE) + SAVE,
        LINE + b"Content-Length: 0\r\n\r\n",
        LINE + bomb,
        LINE + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n",
        LINE
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"80000\r\n"
        + bytes(0x80000)
        + b"\r\n80001\r\n"
        + bytes(0x80001),
        LINE.replace(b"website", b"nobody") + b"Content-Length: 2\r\n\r\n{}",
        LINE + b"Content-Length: 29\r\n\r\n" + b'{"event":"cockpit.webhook"}  ',
        LINE + b"Content-Length: 31\r\n\r\n" + b'{"event":"cockpit.bootstrap"}  ',
    ]
    async with gateways.running(tmp_path, server=BOUND) as gateway:
        statuses = [(await gateways.raw(gateway, request)).status for request in requests]
        assert statuses == [202, 202, 400, 400, 413, 404, 422, 202]
        await gateways.eventually(lambda: gateway.in_flight.size == 0)
        _, writer = await stall(gateway, b"Content-Length: %d" % MIB, bytes(1000))
        await gateways.eventually(lambda: gateway.in_flight.size == 1000)
        writer.transport.abort()
        await gateways.eventually(lambda: gateway.in_flight.size == 0)
        metrics = await gateways.raw(gateway, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"cockpit_gateway_bodies_in_flight_bytes 0.0" in metrics.body


async def test_refused_bodies_leave_no_memory_behind(tmp_path: Path) -> None:
    chunk = b"%x\r\n%b\r\n" % (MIB // 2, bytes(MIB // 2))
    async with gateways.running(tmp_path, server=BOUND) as gateway:
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(20):
                request = LINE + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3 + b"0\r\n\r\n"
                assert (await gateways.raw(gateway, request)).status == 413
            assert tracemalloc.get_traced_memory()[0] < 5 * MIB
        finally:
            tracemalloc.stop()
            gc.enable()


@pytest.mark.parametrize(("path", "status"), [("/cockpit/website", 413), ("/cockpit/nobody", 404)])
async def test_what_is_refused_is_not_unpacked(tmp_path: Path, path: str, status: int) -> None:
    bomb = gzip.compress(bytes(1024 * MIB), 1)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    async with gateways.running(tmp_path, server="max_body: 8 MiB") as gateway:
        reader, writer = await gateways.connect(gateway)
        began = time.process_time()
        writer.write(head.encode() + bomb)
        assert (await gateways.read_answer(reader)).status == status
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), gateways.PATIENCE) == b""
        assert time.process_time() - began < 1
        writer.close()
