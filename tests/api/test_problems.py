"""Problems: what cannot be understood or done is refused with what is wrong, where, and what to do."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from api_kit import Client, local, remote
from gateways import PATIENCE
from structlog.testing import capture_logs

from cockpit_gateway import Attempt
from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.testing import GatewayTester

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("events?suorce=website", "suorce", "there is no such parameter, did you mean 'source'?"),
        ("events?zzz=1", "zzz", "there is no such parameter; there are: id, name, source"),
        ("status?verbose=1", "verbose", "there is no such parameter; this takes none"),
        ("events?limit=0", "limit", "expected at least 1, got '0'"),
        ("events?limit=1001", "limit", "expected at most 1000, got '1001'"),
        ("events?limit=ten", "limit", "expected a whole number, got 'ten'"),
        ("events?limit=1&limit=2", "limit", "it is given more than once"),
        ("events?since=yesterday", "since", "expected a time like 2026-11-20T08:00:00Z, got 'yesterday'"),
        ("events?since=2026-13-01T00:00:00Z", "since", "expected a time like"),
        ("events?status=unaccepted", "status", "did you mean 'accepted'?"),
        ("deliveries?state=dead&state=gone", "state", "got 'gone'"),
        ("events/purge", "", "say which events are to go, by id, name"),
        ("events/replay?target=first", "", "plugin and target are given together"),
        ("plugins/trace?arguments=yes", "arguments", "expected true or false, got 'yes'"),
    ],
)
async def test_parameters(client: Client, path: str, name: str, told: str) -> None:
    answer = await client.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    [error] = answer.document["errors"]
    assert (error["in"], error["name"]) == ("query", name)
    assert told in error["detail"]
    assert told in answer.document["detail"]


async def test_every_mistake_at_once(client: Client) -> None:
    answer = await client.get("events?limit=x&until=y&nme=z")
    assert {error["name"] for error in answer.document["errors"]} == {"limit", "until", "nme"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "told"),
    [
        ("{", JSON, 400, "it is not valid JSON"),
        ("[]", JSON, 400, "expected a mapping of keys to values, got a list"),
        ('{"reason": 1}', JSON, 400, "reason: expected text, got the number 1"),
        ('{"raeson": "x"}', JSON, 400, "raeson: there is no such key, did you mean 'reason'?"),
        ("reason=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "this takes application/json"),
        (" " * (1024**2 + 1), JSON, 413, "more than 1,048,576 bytes"),
        ("", {"Accept": "text/html"}, 406, "The answer is application/json"),
        ("", {"Accept": "application/json;q=0, */*"}, 406, "The answer is application/json"),
    ],
)
async def test_bodies(client: Client, body: str, headers: dict[str, str], status: int, told: str) -> None:
    answer = await client.ask("POST", "targets/webhook/first/pause", headers, data=io.BytesIO(body.encode()))
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert told in answer.document["detail"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.1", ""])
async def test_what_is_accepted(client: Client, accept: str) -> None:
    assert (await client.get("status", Accept=accept)).status == 200


async def test_a_filter_in_the_body_is_refused_rather_than_ignored(gateway: GatewayTester, client: Client) -> None:
    await gateway.fire("collections.save.after")
    answer = await client.post("deliveries/cancel", body={"target": "first"})
    assert (answer.status, len(await gateway.deliveries())) == (400, 2)
    assert "its parameters stand behind the question mark" in answer.document["detail"]
    assert {delivery.state for delivery in await gateway.deliveries()} == {"pending"}


@pytest.mark.parametrize(("method", "path", "allowed"), [("POST", "events", "GET, HEAD"), ("PUT", "restart", "POST")])
async def test_methods(client: Client, method: str, path: str, allowed: str) -> None:
    answer = await client.ask(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


async def test_nowhere(client: Client) -> None:
    answer = await client.get("event")
    assert answer.status == 404
    assert "GET /api/v1/openapi.json says what there is" in answer.document["detail"]


async def test_requests_have_ids_in_answers_and_in_the_log(gateway: GatewayTester) -> None:
    for open_client in (local, remote):
        async with open_client(gateway) as client:
            for path in ("status", "events/none", "nowhere", "events?x=y", "events/export"):
                given = await client.get(path, X_Request_ID="mine-7")
                made = await client.get(path)
                unsound = await client.get(path, X_Request_ID="a b")
                assert given.headers["X-Request-ID"] == "mine-7"
                assert len({made.headers["X-Request-ID"], unsound.headers["X-Request-ID"], "a b"}) == 3


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_scripts_of_other_sites_get_nothing(gateway: GatewayTester, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    answers: list[Any] = []
    async with local(gateway) as here, remote(gateway) as there:
        for client in (here, there):
            answers += [await client.ask(method, "events", asked) for method in ("GET", "OPTIONS", "HEAD")]
            answers.append(await client.ask("POST", "targets/webhook/first/pause", asked))
    assert not [name for answer in answers for name in answer.headers if name.lower().startswith("access-control")]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.status for answer in answers} == {200, 405}


async def test_no_token_is_in_an_answer_or_in_the_log(gateway: GatewayTester) -> None:
    with capture_logs() as logs:
        async with remote(gateway, "a-wrong-token-that-is-long") as client:
            answer = await client.get("events")
    assert answer.status == 401
    assert "a-wrong-token" not in answer.text + str(logs)


async def test_an_answer_that_is_cut_short_ends_with_its_connection(
    gateway: GatewayTester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no complete one for whoever reads it, and nothing else follows."""
    first = await gateway.fire("collections.save.after")
    await gateway.fire("collections.save.after")
    store = gateway.gateway.store
    attempts = store.attempts
    mine = {delivery.id for delivery in await gateway.deliveries() if delivery.event_id == first.id}

    async def of_the_first_alone(delivery_id: str) -> Sequence[Attempt]:
        if delivery_id not in mine:
            raise StoreUnavailableError("gone")
        return await attempts(delivery_id)

    monkeypatch.setattr(store, "attempts", of_the_first_alone)
    reader, writer = await asyncio.open_unix_connection(admin_socket_path(gateway.gateway.settings))
    writer.write(b"GET /api/v1/events/export HTTP/1.1\r\nHost: gateway\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert first.id.encode() in answer
    assert (answer.count(b"HTTP/1.1"), answer.endswith(b"\r\n0\r\n\r\n")) == (1, False)
