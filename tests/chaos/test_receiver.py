"""What `make chaos` counts as delivered: only what was answered with 2xx."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from chaos.receiver import Receiver, receiving

BODY = b'{"args":["posts",{"_id":"%024d"}]}'


@pytest.mark.parametrize("path", ["ok", "closes-idle", "hang-after-headers"])
async def test_a_2xx_counts(path: str) -> None:
    async with receiving() as receiver:
        assert await send(receiver, path, 7) == b"200"
        assert receiver.accepted(path) == {7}


@pytest.mark.parametrize("path", ["500", "429", "410", "redirect-loop", "garbage", "reset", "broken-chunks"])
async def test_whatever_else_is_answered_does_not(path: str) -> None:
    async with receiving() as receiver:
        await send(receiver, path, 7)
        assert set(receiver.arrivals[path]) == {7}
        assert receiver.accepted(path) == set()


async def test_what_is_delivered_later_counts_and_both_are_noted() -> None:
    async with receiving() as receiver:
        assert [await send(receiver, "500-then-200", 7) for _ in range(2)] == [b"500", b"200"]
        assert [arrival.accepted for arrival in receiver.arrivals["500-then-200"][7]] == [False, True]


async def send(receiver: Receiver, path: str, number: int) -> bytes:
    """Deliver one event; return the status that was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    body = BODY % number
    writer.write(
        b"POST /%s HTTP/1.1\r\nwebhook-id: one\r\nwebhook-timestamp: 1\r\ncontent-length: %d\r\n\r\n"
        % (path.encode(), len(body))
        + body
    )
    line = b""
    with suppress(ConnectionResetError):
        line = await reader.readline()
    writer.close()
    with suppress(ConnectionResetError):
        await writer.wait_closed()
    parts = line.split()
    return parts[1] if line.endswith(b"\r\n") and len(parts) > 1 else b""
