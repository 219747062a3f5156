"""Idempotency-Key: a request that is repeated is answered, and not carried out twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from api_kit import CONFIG, TOKEN, Client, hold, local, remote

from cockpit_gateway import DeliveryState
from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.testing import FakeClock, GatewayTester

DAY = 24 * 3600.0


async def test_the_same_request_is_answered_as_before(gateway: GatewayTester, client: Client) -> None:
    await gateway.fire("collections.save.after")
    first = await client.post("deliveries/cancel?plugn=", "k")  # not understood: the key is still free
    done = await client.post("deliveries/cancel", "k")
    await gateway.fire("collections.save.after")
    again = await client.post("deliveries/cancel", '"k"')
    assert (first.status, done.status, again.status) == (400, 200, 200)
    assert (done.document["changed"], again.document) == (2, done.document)
    assert ("Idempotency-Replayed" in done.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert again.headers["Content-Type"] == done.headers["Content-Type"]
    assert len(await gateway.deliveries(DeliveryState.PENDING)) == 2


async def test_it_outlives_the_process_for_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    counts: list[int] = []
    for later in (0.0, DAY - 1, 2.0):
        clock.let_pass(later)
        async with GatewayTester(tmp_path, CONFIG, clock=clock) as gateway, local(gateway) as client:
            await hold(gateway)
            await gateway.fire("collections.save.after")
            await client.post("deliveries/cancel", "k")
            counts.append(len(await gateway.deliveries(DeliveryState.PENDING)))
    assert counts == [0, 2, 0]


@pytest.mark.parametrize(
    ("path", "body"),
    [("targets/webhook/second/pause", {"reason": "a"}), ("targets/webhook/first/pause", {"reason": "b"})],
)
async def test_another_request_with_the_same_key_is_refused(client: Client, path: str, body: object) -> None:
    await client.post("targets/webhook/first/pause", "k", {"reason": "a"})
    answer = await client.post(path, "k", body)
    assert answer.status == 422
    assert "was used for another request" in answer.document["detail"]


async def test_keys_of_one_client_are_not_those_of_another(gateway: GatewayTester) -> None:
    async with remote(gateway) as one, remote(gateway, f"another-{TOKEN}") as other:
        first = await one.post("targets/webhook/first/pause", "k", {"reason": "a"})
        second = await other.post("targets/webhook/second/pause", "k", {"reason": "b"})
    assert (first.document["target"], second.document["target"]) == ("first", "second")


async def test_what_was_refused_may_be_tried_again(gateway: GatewayTester, client: Client) -> None:
    refused = await client.post("targets/webhook/first/enable", "k")
    await client.post("targets/webhook/first/resume")
    done = await client.post("targets/webhook/first/enable", "k")
    assert (refused.status, done.status, done.document["state"]) == (409, 200, "active")


async def test_while_it_is_carried_out_its_repetition_is_refused(gateway: GatewayTester, client: Client) -> None:
    async with never_done(gateway, client, "k"):
        answer = await client.post("deliveries/cancel", "k")
    assert answer.status == 409
    assert "is being carried out, or the gateway ended in the middle" in answer.document["detail"]


@pytest.mark.parametrize("key", ["", " ", "with space", "x" * 256, "é", '""'])
async def test_what_is_no_key(client: Client, key: str) -> None:
    answer = await client.ask("POST", "deliveries/cancel", {"Idempotency-Key": key})
    assert answer.status == 400
    assert answer.document["errors"] == [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "detail": "a key has 1 to 255 printable ASCII characters without a space, as a UUID has",
        }
    ]


async def test_answers_are_kept_sealed(gateway: GatewayTester, client: Client, tmp_path: Path) -> None:
    await client.post("targets/webhook/first/pause", "k", {"reason": "swordfish"})
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.db*"))
    assert b"swordfish" in stored  # the target's state has it, too
    assert b'"reason":"swordfish' not in stored


@asynccontextmanager
async def never_done(gateway: GatewayTester, client: Client, key: str) -> AsyncIterator[None]:
    """Ask for something that is not done before the block ends."""
    begun, ended = asyncio.Event(), asyncio.Event()
    store = gateway.gateway.store
    cancel = store.cancel

    async def waiting(*arguments: Any, **named: Any) -> Any:
        begun.set()
        await ended.wait()
        return await cancel(*arguments, **named)

    store.cancel = waiting  # type: ignore[method-assign]
    asked = asyncio.create_task(client.post("deliveries/cancel", key))
    await begun.wait()
    yield
    ended.set()
    await asked


async def test_a_header_of_any_bytes_is_no_failure(gateway: GatewayTester) -> None:
    reader, writer = await asyncio.open_unix_connection(admin_socket_path(gateway.gateway.settings))
    writer.write(b"POST /api/v1/targets/webhook/first/pause HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n")
    writer.write(b'Idempotency-Key: k\r\nIf-Match: "\xff"\r\n\r\n')
    assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    writer.close()
    await writer.wait_closed()
