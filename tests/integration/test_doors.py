"""Who is let in, within which bounds, and what the others are told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from pathlib import Path

import gateways
import orjson
import pytest
from structlog.testing import capture_logs

from cockpit_gateway.gateway import Gateway
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
YAML = """
sources:
  website: {}
  shop: {tokens: [old-tökën, new-token], header: X-Shop}
"""


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncGenerator[Gateway]:
    async with gateways.running(tmp_path, YAML) as running:
        yield running


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Shop": "old-tökën"},
        {"x-shop": "new-token"},
        basic("anybody", "old-tökën"),
        basic("", "new-token"),
        {"Authorization": basic("u", "new-token")["Authorization"].replace("Basic", "bAsIc")},
    ],
)
async def test_a_token_opens_the_door(gateway: Gateway, headers: dict[str, str]) -> None:
    assert (await gateways.post(gateway, SAVE, "/cockpit/shop", headers)).status == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Shop": ""},
        {"X-Shop": "new-tokeN"},
        {"X-Shop": "new-token-and-more"},
        {"X-Gateway-Token": "new-token"},
        {"Authorization": "Bearer new-token"},
        {"Authorization": "Basic new-token"},
        {"Authorization": "Basic ====ÿ"},
        basic("new-token", ""),
    ],
)
async def test_without_a_token_the_door_stays_shut(gateway: Gateway, headers: dict[str, str]) -> None:
    answer = await gateways.post(gateway, SAVE, "/cockpit/shop", headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "X-Shop" in orjson.loads(answer.body)["detail"]
    assert b"token-and" not in answer.body
    assert await gateways.stored(gateway) == []


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
async def test_a_source_without_token_takes_nothing_that_was_forwarded(gateway: Gateway, header: str) -> None:
    answer = await gateways.post(gateway, SAVE, headers={header: "203.0.113.7"})
    assert answer.status == 403
    assert 'website: tokens: ["${WEBSITE_TOKEN}"]' in orjson.loads(answer.body)["detail"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /cockpit/nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"POST /cockpit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"POST /cockpit/website/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"GET /cockpit/website HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        (b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (
            b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n",
            413,
        ),
        (b"POST /cockpit/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", 401),
        (b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n{}", 417),
        (b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n{}", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
async def test_what_cannot_be_taken_is_a_problem(gateway: Gateway, request_: bytes, status: int) -> None:
    answer = await gateways.raw(gateway, request_)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = orjson.loads(answer.body)
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["detail"].endswith((".", "]"))
    assert await gateways.stored(gateway) == []


async def test_a_chunked_body_is_taken_and_bounded(gateway: Gateway) -> None:
    head = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    taken = await gateways.raw(gateway, head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(SAVE), SAVE))
    assert taken.status == 202
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    assert (await gateways.raw(gateway, head + chunk * 17 + b"0\r\n\r\n")).status == 413
    assert len(await gateways.stored(gateway)) == 1


@pytest.mark.parametrize("header", ["Idempotency-Key", "webhook-id"])
async def test_a_repeated_post_with_a_key_is_one_event(gateway: Gateway, header: str) -> None:
    first, again = [await gateways.post(gateway, SAVE, headers={header: '"k-1"'}) for _ in range(2)]
    other_body = await gateways.post(gateway, SAVE + b" ", headers={header: '"k-1"'})
    other_key = await gateways.post(gateway, SAVE, headers={header: '"k-2"'})
    assert [answer.status for answer in (first, again, other_body, other_key)] == [202] * 4
    assert orjson.loads(again.body) == orjson.loads(first.body) | {"duplicate": True}
    assert len(await gateways.stored(gateway)) == 3


async def test_the_same_post_without_a_key_is_two_events(gateway: Gateway) -> None:
    for _ in range(2):
        await gateways.post(gateway, SAVE)
    assert len(await gateways.stored(gateway)) == 2


async def test_a_client_that_hangs_up_after_its_body_has_its_event_stored(gateway: Gateway) -> None:
    _, writer = await gateways.connect(gateway)
    writer.write(b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SAVE), SAVE))
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(gateways.PATIENCE):
        while not await gateways.stored(gateway):
            await asyncio.sleep(0.01)


async def test_noise_is_stored_if_the_source_accepts_it(tmp_path: Path) -> None:
    yaml = "sources: {website: {accept: [collections.find.after, cockpit.bootstrap]}}\n"
    async with gateways.running(tmp_path, yaml) as gateway:
        for name in ("cockpit.bootstrap", "collections.find.after", "collections.find.before"):
            await gateways.post(gateway, captures.capture(name).body)
        assert [event.name for event in await gateways.stored(gateway)] == [
            "cockpit.bootstrap",
            "collections.find.after",
        ]


async def test_noise_and_what_feeds_on_itself_are_told_whatever_the_order_of_keys(gateway: Gateway) -> None:
    noise = await gateways.post(gateway, b'{"args":[],"event":"cockpit.bootstrap"}')
    assert orjson.loads(noise.body) == {"id": None, "ignored": "cockpit.bootstrap"}
    assert (await gateways.post(gateway, b'{"args":[],"event":"cockpit.webhook"}')).status == 422
    assert await gateways.stored(gateway) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b"{}", b'{"event":""}', b'{"event":7}', b"\xff", b"[" * 100_000]
)
async def test_whatever_it_holds_an_authenticated_body_is_stored(gateway: Gateway, body: bytes) -> None:
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.status, event.name, event.body, event.args) == ("undecodable", "", body, [])
    assert event.problem


@pytest.mark.parametrize("backend", ["9223372036854775808", "-1", "1e400", '"1"', "[]", "1.5"])
async def test_an_envelope_with_odd_values_is_stored_all_the_same(gateway: Gateway, backend: str) -> None:
    body = b'{"event":"error","hook":{},"backend":%b,"args":[]}' % backend.encode()
    assert (await gateways.post(gateway, body)).status == 202
    (event,) = await gateways.stored(gateway)
    assert (event.hook, event.backend, event.body) == (None, None, body)


async def test_a_store_that_is_full_answers_503_and_recovers(gateway: Gateway) -> None:
    assert isinstance(gateway.store, SqliteStore)
    connection = gateway.store._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    answer = await gateways.post(gateway, b'{"event":"error","args":["' + b"x" * 100_000 + b'"]}')
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    why = "database or disk is full; make room where the store is"
    assert orjson.loads(answer.body)["detail"] == f"The store cannot take it now: {why}"
    unready = await get(gateway, "/readyz")
    assert (unready.status, orjson.loads(unready.body)["reason"]) == (503, f"the store cannot take events: {why}")
    connection.execute("PRAGMA max_page_count = 1000000")
    assert (await gateways.post(gateway, SAVE)).status == 202
    assert (await get(gateway, "/readyz")).status == 200


async def get(gateway: Gateway, path: str) -> gateways.Answer:
    return await gateways.raw(gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def test_probes_and_metrics(gateway: Gateway) -> None:
    await gateways.post(gateway, SAVE)
    assert (await get(gateway, "/healthz")).status == 200
    assert orjson.loads((await get(gateway, "/readyz")).body) == {"status": "ready"}
    text = (await get(gateway, "/metrics")).body.decode()
    assert 'cockpit_gateway_events_total{fate="stored",source="website"} 1.0' in text
    assert 'cockpit_gateway_events_total{fate="duplicate",source="shop"} 0.0' in text


@pytest.mark.parametrize(("path", "status"), [("/cockpit/website", 400), ("/cockpit/nowhere", 404)])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_encoded_as_it_says_is_refused_without_a_traceback(
    gateway: Gateway, path: str, status: int, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        answer = await gateways.post(gateway, SAVE, path, {"Content-Encoding": encoding})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (await gateways.post(gateway, SAVE)).status == 202
    assert [entry for entry in logged if entry["log_level"] == "error"] == []
    assert caplog.records == []


async def test_a_body_whose_rest_is_not_valid_http_is_answered_and_not_waited_for(gateway: Gateway) -> None:
    reader, writer = await gateways.connect(gateway)
    head = b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head)
    assert (await gateways.read_answer(reader)).status == 100
    writer.write(b"5\r\nabcde\r\nnot a size\r\n")
    answer = await gateways.read_answer(reader)
    writer.close()
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_a_client_that_goes_away_within_its_body_is_no_failure_of_the_gateway(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        _, writer = await gateways.connect(gateway)
        writer.write(b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabcde")
        await writer.drain()
        writer.close()
        await gateways.eventually(lambda: logged)
    assert [(entry["event"], entry["log_level"]) for entry in logged] == [
        ("the client went away before its body was complete", "warning")
    ]
    assert caplog.records == []


async def test_a_connection_accepted_as_it_stops_is_answered_and_holds_up_nobody(tmp_path: Path) -> None:
    gateway = gateways.assemble(tmp_path, YAML)
    await gateway.start()
    reader, writer = await gateways.connect(gateway)
    writer.write(b"POST /cockpit/website HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SAVE), SAVE))
    server = gateway.listeners._runners[-1].server
    assert server is not None
    while not server.connections:
        await asyncio.sleep(0)
    async with asyncio.timeout(1):  # half the grace period
        await gateway.stop()
    assert (await gateways.read_answer(reader)).status == 202
    writer.close()
