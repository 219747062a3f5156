"""Access tokens by OAuth 2.0: asked for once, used by all, and never more than that."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from webhook_kit import Start, raw_server, reason

from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.egress.policy import NetworkPolicy
from cockpit_gateway.egress.tokens import ClientCredentials
from cockpit_gateway.testing import Answer, Receiver


@pytest.fixture
def tokens() -> Iterator[Receiver]:
    with Receiver() as server:
        server.usual = token("t0ken")
        yield server


def token(value: str, *, lifetime: int = 3600) -> Answer:
    """Return the answer of a server that gives this token for so many seconds."""
    body = json.dumps({"access_token": value, "token_type": "Bearer", "expires_in": lifetime})
    return Answer(body=body.encode())


def oauth2(tokens: Receiver, **settings: Any) -> dict[str, Any]:
    return {"token_url": f"{tokens.url}/token", "client_id": "a b", "client_secret": "p:ss/"} | settings


async def test_a_token_is_got_once_and_used_by_all(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens, scope="write read", audience="site")}})
    await asyncio.gather(*(plugin.deliver() for _ in range(5)))
    assert {request.headers.get("Authorization") for request in receiver.requests} == {"Bearer t0ken"}
    (asked,) = tokens.requests
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["write read"],
        "audience": ["site"],
    }
    assert asked.headers.get("Authorization") == "Basic " + base64.b64encode(b"a+b:p%3Ass%2F").decode()


async def test_id_and_secret_in_the_body(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens, auth="body")}})
    await plugin.deliver()
    (asked,) = tokens.requests
    assert asked.headers.get("Authorization") is None
    form = parse_qs(asked.body.decode())
    assert (form["client_id"], form["client_secret"]) == (["a b"], ["p:ss/"])


async def test_a_refused_token_is_not_used_again(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens)}})
    await plugin.deliver()
    receiver.answers += [Answer(401)]
    assert await reason(plugin) == "HTTP 401 Unauthorized"
    tokens.usual = token("next")
    await plugin.deliver()
    assert [request.headers.get("Authorization") for request in receiver.requests] == [
        "Bearer t0ken",
        "Bearer t0ken",
        "Bearer next",
    ]


async def test_a_late_refusal_of_an_old_token_does_not_cost_the_new_one(tokens: Receiver) -> None:
    credentials = ClientCredentials(url=tokens.url, client_id="a", client_secret="b", parameters={}, in_body=False)
    channels = Channels()
    channel = channels.open(NetworkPolicy(private=True))
    old = await credentials.token(channel)
    tokens.usual = token("next")
    for _ in range(2):  # two requests were under way with the old one
        credentials.forget(old)
        assert await credentials.token(channel) == "next"
    await channels.close()
    assert len(tokens.requests) == 2


async def test_a_token_endpoint_that_is_not_there_is_told_from_the_endpoint(
    start: Start, tokens: Receiver, endpoint: dict[str, Any], unused_tcp_port: int
) -> None:
    nowhere = oauth2(tokens, token_url=f"http://127.0.0.1:{unused_tcp_port}/")
    assert await reason(await start({"it": endpoint | {"oauth2": nowhere}})) == "token endpoint: connection refused"


async def test_a_token_endpoint_that_hangs_holds_nobody_else_up(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(hang) as server:
        plugin = await start(
            {
                "it": endpoint | {"oauth2": oauth2(tokens, token_url=server.url)},
                "other": endpoint | {"oauth2": oauth2(tokens)},
            }
        )
        waiting = asyncio.create_task(plugin.deliver())
        await asyncio.sleep(0)
        await plugin.deliver(target="other")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert len(receiver.requests) == 1


async def test_a_token_that_has_expired_is_asked_for_again(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    tokens.usual = token("t0ken", lifetime=0)
    plugin = await start({"it": endpoint | {"oauth2": oauth2(tokens)}})
    await plugin.deliver()
    await plugin.deliver()
    assert len(tokens.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b'{"error":"invalid_client","error_description":"s3cret"}', "token endpoint: HTTP 401 invalid_client"),
        (500, b"s3cret", "token endpoint: HTTP 500"),
        (400, b'{"error":"s3cret \\u0000"}', "token endpoint: HTTP 400"),
        (200, b"[" * 60_000, "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":["a"]}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a\\ud800"}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a","expires_in":1e999}', "token endpoint: its answer holds no access_token"),
        (200, b"[]", "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a\\r\\nX: y"}', "token endpoint: its answer holds no access_token"),
        (200, b'{"access_token":"a","token_type":"mac"}', "token endpoint: its token is of another type than Bearer"),
        (200, b"x" * 70_000, "token endpoint: its answer is too long"),
        (302, b"", "token endpoint: HTTP 302"),
    ],
    ids=[
        "refused",
        "broken",
        "odd-error",
        "nested",
        "list",
        "surrogate",
        "endless-life",
        "no-object",
        "header-injection",
        "mac",
        "too-long",
        "redirect",
    ],
)
async def test_no_token(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any], status: int, body: bytes, told: str
) -> None:
    tokens.usual = Answer(status, body=body)
    assert await reason(await start({"it": endpoint | {"oauth2": oauth2(tokens)}})) == told
    assert receiver.requests == []


async def test_a_token_endpoint_obeys_the_network_policy(
    start: Start, receiver: Receiver, tokens: Receiver, endpoint: dict[str, Any]
) -> None:
    elsewhere = oauth2(tokens, token_url=tokens.url.replace("127.0.0.1", "localhost"))
    public = {"url": "https://receiver.test/", "allow_private": False, "oauth2": elsewhere}
    plugin = await start({"it": endpoint | public})
    assert "is a loopback address" in await reason(plugin)
    assert tokens.requests == []
