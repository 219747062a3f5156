"""Receivers that answer without end, or before they are asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from webhook_kit import Start, raw_server

from cockpit_gateway import Retry

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = b"Content-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "rest", "told"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", "interim answers without end"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "interim answers without end"),
        (OK, b"X-Any: y\r\n", "Too many headers received"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Any: y\r\n", "Too many headers received"),
        (OK + b"X-Any: ", b"y" * 1000, "Got more than 8190 bytes"),
        (b"HTTP/1.1 200 ", b"y" * 1000, "Got more than 8190 bytes"),
    ],
    ids=["interim", "interim-with-headers", "headers", "trailers", "header", "status"],
)
async def test_an_answer_without_end_is_not_read_on(
    start: Start, endpoint: dict[str, Any], first: bytes, rest: bytes, told: str
) -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(rest * 1000)
            await writer.drain()

    async with raw_server(flood) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        with pytest.raises(Retry) as failed:
            await asyncio.wait_for(plugin.deliver(), 5)
        assert failed.value.reason.startswith(f"not a valid HTTP answer: {told}")
        await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_some_interim_answers_come_before_the_one_that_counts(start: Start, endpoint: dict[str, Any]) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20 + OK + EMPTY)

    async with raw_server(answer) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        assert (await plugin.deliver()).status == 200


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_answer_that_nobody_asked_for_is_not_that_to_the_next_request(
    start: Start, endpoint: dict[str, Any], *, at_once: bool
) -> None:
    extra = b"HTTP/1.1 410 Gone\r\n" + EMPTY
    idle, given, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + EMPTY + (extra if at_once else b""))
        await idle.wait()
        writer.write(b"" if at_once else extra)
        given.set()
        await ended.wait()

    async with raw_server(answer) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        assert (await plugin.deliver()).status == 200
        idle.set()
        await given.wait()
        for _ in range(3):  # it has arrived: the loop's next turns read it
            await asyncio.sleep(0)
        assert (await plugin.deliver()).status == 200
        ended.set()
