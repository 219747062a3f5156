"""What each answer means, and that no answer does harm."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from webhook_kit import Plugin, Start, raw_server, saved

from cockpit_gateway import Reject, Response, Retry
from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.transports.answers import KEPT_BODY, KEPT_HEADERS, retry_after

TLS = Path(__file__).parents[2] / "data" / "tls"
NOW = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""


async def failed(plugin: Plugin) -> Retry:
    """Make an attempt that has to be tried again, and return why."""
    with pytest.raises(Retry) as raised:
        await plugin.deliver()
    return raised.value


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_delivered(start: Start, receiver: Receiver, endpoint: dict[str, Any], status: int) -> None:
    receiver.usual = Answer(status)
    plugin = await start({"it": endpoint})

    response = await plugin.deliver()

    assert response.status == status


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "HTTP 400 Bad Request"),
        (401, "HTTP 401 Unauthorized"),
        (404, "HTTP 404 Not Found"),
        (422, "HTTP 422 Unprocessable Entity"),
        (429, "HTTP 429 Too Many Requests"),
        (500, "HTTP 500 Internal Server Error"),
        (503, "HTTP 503 Service Unavailable"),
        (599, "HTTP 599"),
    ],
)
async def test_failures_are_tried_again_on_the_schedule(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], status: int, reason: str
) -> None:
    receiver.usual = Answer(status, body=b"<h1>no</h1>")
    plugin = await start({"it": endpoint})

    retry = await failed(plugin)

    assert (retry.reason, retry.after) == (reason, None)
    assert retry.response is not None
    assert (retry.response.status, retry.response.body) == (status, b"<h1>no</h1>")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], status: int
) -> None:
    receiver.usual = Answer(status, {"Location": f"{receiver.url}/elsewhere"})
    plugin = await start({"it": endpoint})

    retry = await failed(plugin)

    assert retry.reason.startswith(f"HTTP {status} ")
    assert "redirects are not followed" in retry.reason
    assert [request.path for request in receiver.requests] == ["/hook"]


async def test_gone_disables_the_endpoint(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    receiver.usual = Answer(410)
    plugin = await start({"it": endpoint})

    with pytest.raises(Reject) as rejected:
        await plugin.deliver()

    assert (rejected.value.reason, rejected.value.disable_target) == ("HTTP 410 Gone", True)
    assert rejected.value.response is not None


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds_is_obeyed(
    start: Start, receiver: Receiver, endpoint: dict[str, Any], status: int
) -> None:
    receiver.usual = Answer(status, {"Retry-After": "120"})
    plugin = await start({"it": endpoint})

    assert (await failed(plugin)).after == 120.0


async def test_retry_after_as_a_date_is_obeyed(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint})
    now = plugin.context.clock.time()
    receiver.usual = Answer(503, {"Retry-After": formatdate(now + 90, usegmt=True)})

    assert (await failed(plugin)).after == pytest.approx(90, abs=1)


async def test_retry_after_counts_for_429_and_503_only(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    receiver.usual = Answer(500, {"Retry-After": "120"})
    plugin = await start({"it": endpoint})

    assert (await failed(plugin)).after is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("Tue, 14 Nov 2023 22:15:00 GMT", 100.0),
        ("Tuesday, 14-Nov-23 22:15:00 GMT", 100.0),
        ("Tue Nov 14 22:15:00 2023", 100.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        ("9" * 400, float("inf")),
        ("Tue, 99 Nov 2023 22:00:00 GMT", None),
    ],
)
def test_retry_after_has_two_forms(value: str, seconds: float | None) -> None:
    assert retry_after(Response(503, (("retry-AFTER", value),)), NOW) == seconds


async def test_first_4_kib_of_the_answer_are_kept_and_the_connection_too(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    receiver.usual = Answer(body=b"x" * 20_000)
    plugin = await start({"it": endpoint})

    response = await plugin.deliver()
    await plugin.deliver()

    assert (response.body, response.truncated) == (b"x" * KEPT_BODY, True)
    assert len({request.connection for request in receiver.requests}) == 1


async def test_headers_kept_are_bounded_and_always_text(
    start: Start, receiver: Receiver, endpoint: dict[str, Any]
) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        many = b"".join(b"X-%d: %b\r\n" % (number, b"y" * 1000) for number in range(50))
        writer.write(b"HTTP/1.1 200 OK\r\nX-Raw: \xff\xc3\xbc\r\n" + many + b"Content-Length: 0\r\n\r\n")

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        response = await plugin.deliver()

    assert response.headers[0] == ("X-Raw", "\ufffdü")
    assert 0 < sum(len(name) + len(value) for name, value in response.headers) <= KEPT_HEADERS


async def test_endless_body_is_cut_and_its_connection_dropped(start: Start, endpoint: dict[str, Any]) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        response = await plugin.deliver()
        await asyncio.wait_for(server.hung_up.wait(), 10)

    assert (response.status, response.truncated) == (200, True)
    assert response.body == b"x" * KEPT_BODY


async def test_compressed_bomb_is_kept_as_it_came(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    receiver.usual = Answer(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b not really")
    plugin = await start({"it": endpoint})

    assert (await plugin.deliver()).body == b"\x1f\x8b not really"


async def test_trickling_body_does_not_turn_a_success_into_a_failure(
    start: Start, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit_gateway.transports.answers.ANSWER_PATIENCE", 0.05)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        await reader.read()

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        response = await plugin.deliver()
        await asyncio.wait_for(server.hung_up.wait(), 10)

    assert (response.status, response.body, response.truncated) == (200, b"abc", True)


async def test_body_that_breaks_off_does_not_turn_a_success_into_a_failure(
    start: Start, endpoint: dict[str, Any]
) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": server.url}})
        response = await plugin.deliver()

    assert (response.status, response.truncated) == (200, True)


async def test_no_answer_ends_with_the_gateways_time_budget(start: Start, endpoint: dict[str, Any]) -> None:
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": server.url, "timeout": "50ms"}})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(plugin.deliver(), plugin.targets["it"].timeout)
        await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_answer_to_a_body_that_nobody_reads_counts(start: Start, endpoint: dict[str, Any]) -> None:
    hung_up = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        with suppress(ConnectionError):
            await reader.read()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1024)
    async with server:
        port = server.sockets[0].getsockname()[1]
        plugin = await start({"it": endpoint | {"url": f"http://127.0.0.1:{port}"}})
        with pytest.raises(Retry, match="HTTP 413 Request Entity Too Large"):
            await plugin.deliver(saved(b"x" * 16 * 1024 * 1024))
        await asyncio.wait_for(hung_up.wait(), 10)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "connection closed before an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not a valid HTTP answer: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "not a valid HTTP answer: "),
    ],
    ids=["nothing", "not HTTP", "endless header"],
)
async def test_broken_answers_say_what_is_wrong(
    start: Start, endpoint: dict[str, Any], answer: bytes, reason: str
) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with raw_server(serve) as server:
        plugin = await start({"it": endpoint | {"url": f"{server.url}/?token=s3cret"}})
        retry = await failed(plugin)

    assert retry.reason.startswith(reason)
    assert "s3cret" not in retry.reason
    assert len(retry.reason) < 300


async def test_refused_connection(start: Start, endpoint: dict[str, Any], unused_tcp_port: int) -> None:
    plugin = await start({"it": endpoint | {"url": f"http://127.0.0.1:{unused_tcp_port}/?token=s3cret"}})

    assert (await failed(plugin)).reason == "connection refused"


async def test_name_that_does_not_exist(start: Start, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"url": "http://no-such-host.invalid/?token=s3cret"}})

    assert (await failed(plugin)).reason == "name not found: no-such-host.invalid"


async def test_certificate_that_nobody_vouches_for(start: Start, endpoint: dict[str, Any]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "self-signed.pem", TLS / "self-signed.key")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        plugin = await start({"it": endpoint | {"url": f"https://127.0.0.1:{port}/?token=s3cret"}})
        retry = await failed(plugin)

    assert retry.reason == "TLS certificate not valid: self-signed certificate"


async def test_tls_to_a_server_without_it(start: Start, receiver: Receiver, endpoint: dict[str, Any]) -> None:
    plugin = await start({"it": endpoint | {"url": receiver.url.replace("http:", "https:")}})

    assert (await failed(plugin)).reason.startswith("TLS handshake failed: ")
