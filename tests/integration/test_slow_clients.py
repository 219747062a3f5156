"""Clients that take their time, send without end, or only hold connections: none keeps the others out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import gateways
import orjson
import pytest

from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
QUICK = "read_timeout: 300ms, keep_alive: 600ms"
PATIENT = "read_timeout: 60s, keep_alive: 60s"
LINE = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"


async def dribble(gateway: Gateway, head: bytes, drops: Iterable[bytes]) -> tuple[gateways.Answer, float]:
    """Send drop by drop until there is an answer; return it, and how long the connection lived."""
    began = time.monotonic()
    reader, writer = await gateways.connect(gateway)

    async def send() -> None:
        writer.write(head)
        for drop in drops:
            writer.write(drop)
            await asyncio.sleep(0.02)

    sending = asyncio.create_task(send())
    try:
        answer = await gateways.read_answer(reader)
        with suppress(ConnectionResetError):  # the kernel's word for a close while a drop is on its way
            assert await asyncio.wait_for(reader.read(), gateways.PATIENCE) == b""
        return answer, time.monotonic() - began
    finally:
        sending.cancel()
        writer.close()


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"POST /cockpit/website HTTP/1.1\r\n"),
        (LINE, b"X-More: and more\r\n"),
        (LINE + b"X-Long: ", b"x"),
    ],
)
async def test_a_head_that_comes_drop_by_drop_is_given_up(tmp_path: Path, head: bytes, drop: bytes) -> None:
    drops = [drop, *[b"x"] * 500] if not head else [drop] * 90
    async with gateways.running(tmp_path, server=QUICK) as gateway:
        answer, lived = await dribble(gateway, head, drops)
        assert answer.status == 408
        assert orjson.loads(answer.body)["detail"] == "The request's headers were not complete within 0.3 seconds."
        assert 0.25 < lived < 3


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (LINE + b"Content-Length: 5000\r\n\r\n", b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED, b"f"),
        (CHUNKED + b"1;", b"x"),
    ],
)
async def test_a_body_that_comes_drop_by_drop_is_given_up(tmp_path: Path, head: bytes, drop: bytes) -> None:
    async with gateways.running(tmp_path, server=QUICK) as gateway:
        answer, lived = await dribble(gateway, head, [drop] * (5 if drop == b"f" else 500))
        assert (answer.status, answer.headers["content-type"]) == (408, "application/problem+json")
        assert orjson.loads(answer.body)["detail"] == "The body was not complete within 0.3 seconds."
        assert 0.25 < lived < 3
        assert gateway.in_flight.size == 0
        assert await gateways.stored(gateway) == []


async def test_a_connection_without_a_request_is_closed(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server=QUICK) as gateway:
        began = time.monotonic()
        reader, writer = await gateways.connect(gateway)
        assert await asyncio.wait_for(reader.read(), gateways.PATIENCE) == b""
        assert 0.25 < time.monotonic() - began < 3
        writer.close()


async def test_a_connection_stays_open_between_requests_for_as_long_as_it_should(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server="read_timeout: 100ms, keep_alive: 1s") as gateway:
        reader, writer = await gateways.connect(gateway)
        request = LINE + b"Content-Length: %d\r\n\r\n" % len(SAVE) + SAVE
        for _ in range(2):
            writer.write(request)
            assert (await gateways.read_answer(reader)).status == 202
            await asyncio.sleep(0.4)
        writer.write(request)
        assert (await gateways.read_answer(reader)).status == 202
        began = time.monotonic()
        assert await asyncio.wait_for(reader.read(), gateways.PATIENCE) == b""
        assert 0.9 < time.monotonic() - began < 4
        writer.close()


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        (b"X-Long: " + b"x" * 9000 + b"\r\n", "A header, or the URL, has more than 8190 bytes."),
        (b"".join(b"X-%d: x\r\n" % number for number in range(101)), "The request has more than 100 headers."),
    ],
)
async def test_a_flood_of_headers_is_told_so(tmp_path: Path, lines: bytes, detail: str) -> None:
    async with gateways.running(tmp_path) as gateway:
        answer = await gateways.raw(gateway, LINE + lines + b"Content-Length: 2\r\n\r\n{}")
        assert (answer.status, orjson.loads(answer.body)["detail"]) == (431, detail)


async def test_a_head_that_grows_is_cut_off(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server=PATIENT) as gateway:
        header = b"X-Long: " + b"x" * 8000 + b"\r\n"
        answer, _ = await dribble(gateway, LINE, [header] * 12)
        assert answer.status == 431
        assert orjson.loads(answer.body)["detail"] == "The request's headers have more than 32768 bytes."


@pytest.mark.parametrize("sent", [b"", b"POST /cockpit/website HT"])
async def test_connections_without_a_request_keep_nobody_out(tmp_path: Path, sent: bytes) -> None:
    async with gateways.running(tmp_path, server=f"{PATIENT}, max_connections: 10") as gateway:
        holders = [await gateways.connect(gateway) for _ in range(30)]
        for _, writer in holders:
            writer.write(sent)
        for _ in range(20):
            assert (await gateways.post(gateway, SAVE)).status == 202
        runner = gateway.listeners._runners[-1]
        assert runner.server is not None
        assert len(runner.server.connections) <= 10
        for _, writer in holders:
            writer.transport.abort()


async def test_a_connection_too_many_is_told_to_come_again(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server=f"{PATIENT}, max_connections: 3") as gateway:
        busy = [await gateways.connect(gateway) for _ in range(3)]
        for reader, writer in busy:
            writer.write(LINE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(SAVE))
            assert (await gateways.read_answer(reader)).status == 100
        refused = await gateways.raw(gateway, b"")
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        for reader, writer in busy:
            writer.write(SAVE)
            assert (await gateways.read_answer(reader)).status == 202
            writer.close()
        await gateways.eventually(lambda: gateway.in_flight.size == 0)
        assert (await gateways.post(gateway, SAVE)).status == 202


async def test_a_client_that_reads_no_answer_is_left(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, server=QUICK) as gateway:
        _, writer = await gateways.connect(gateway)
        writer.transport.pause_reading()
        for _ in range(3000):
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        runner = gateway.listeners._runners[-1]
        assert runner.server is not None
        await gateways.eventually(lambda: runner.server.connections)
        await gateways.eventually(lambda: not runner.server.connections)
        writer.transport.abort()
