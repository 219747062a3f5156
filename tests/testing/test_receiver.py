"""The test kit's receiver: records what arrives, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme

from cockpit_gateway.testing import Answer, Misbehaviour, Receiver


async def test_it_notes_what_arrives_and_answers_as_told(receiver: Receiver) -> None:
    receiver.answers.append(Answer(503, {"Retry-After": "60"}, b"later"))
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{receiver.url}/a?b=c", json={"x": 1}) as first:
            assert (first.status, first.headers["Retry-After"], await first.read()) == (503, "60", b"later")
        async with session.get(receiver.url) as second:
            assert (second.status, await second.read()) == (200, b"ok")
    posted, got = receiver.requests
    assert (posted.method, posted.path, posted.json(), posted.headers["content-type"]) == (
        "POST",
        "/a?b=c",
        {"x": 1},
        "application/json",
    )
    assert (got.method, got.body, got.connection) == ("GET", b"", posted.connection)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (Misbehaviour.DISCONNECT, aiohttp.ClientConnectionError),
        (Misbehaviour.GARBAGE, aiohttp.ClientResponseError),
        (Misbehaviour.HANG, TimeoutError),
        (Misbehaviour.DRIP, TimeoutError),
    ],
)
async def test_it_misbehaves(receiver: Receiver, how: Misbehaviour, error: type[Exception]) -> None:
    receiver.answers.append(how)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(0.3)) as session:
        with pytest.raises(error):
            async with session.post(receiver.url) as answer:
                await answer.read()
        async with session.get(receiver.url) as answer:
            assert answer.status == 200


async def test_what_hangs_is_let_go(receiver: Receiver) -> None:
    receiver.usual = Misbehaviour.HANG
    async with aiohttp.ClientSession() as session:
        asking = [asyncio.create_task(session.get(receiver.url)) for _ in range(3)]
        async with asyncio.timeout(10):
            while len(receiver.requests) < 3:
                await asyncio.sleep(0.005)
        assert not any(task.done() for task in asking)
        receiver.release()
        assert [answer.status for answer in await asyncio.gather(*asking)] == [200] * 3
        async with session.get(receiver.url) as answer:
            assert answer.status == 200


async def test_https(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Receiver(context) as receiver:
        async with aiohttp.ClientSession() as session, session.get(receiver.url, ssl=trusting) as answer:
            assert (answer.status, receiver.url[:8]) == (200, "https://")
