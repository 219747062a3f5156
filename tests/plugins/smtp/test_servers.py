"""How mail is handed to a server: securely or not at all, and what its replies lead to."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

import pytest
from smtp_kit import PASSWORD, USER, Send, serving

from cockpit_gateway import Reject, Retry

# Securely


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_by_tls(
    send: Send, certificate: ssl.SSLContext, trusted: dict[str, Any], security: str
) -> None:
    async with serving(certificate, from_the_first_byte=security == "tls", login=True) as server:
        settings = {"host": "localhost", "port": server.port, "security": security, "tls": trusted}
        response = await send(settings | {"user": USER, "password": PASSWORD})

    assert (response.status, response.body) == (250, b"OK")
    [found] = server.arrived
    assert (found.secured or security == "tls", found.user) == (True, USER)
    assert server.helos[-1] in ("[127.0.0.1]", "[IPv6:::1]")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_another_authority_is_refused(
    send: Send, certificate: ssl.SSLContext, security: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(certificate, from_the_first_byte=security == "tls") as server:
        with caplog.at_level(logging.CRITICAL), pytest.raises(Retry) as failed:
            await send({"host": "localhost", "port": server.port, "security": security})

    assert failed.value.reason == "TLS certificate not valid: unable to get local issuer certificate"
    assert server.arrived == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_for_another_name_is_refused(
    send: Send, certificate: ssl.SSLContext, trusted: dict[str, Any], security: str
) -> None:
    async with serving(certificate, from_the_first_byte=security == "tls") as server:
        with pytest.raises(Retry) as failed:
            await send({"host": "127.0.0.1", "port": server.port, "security": security, "tls": trusted})

    assert failed.value.reason.startswith("TLS certificate not valid: IP address mismatch")


async def test_any_certificate_is_taken_only_if_that_is_said(send: Send, certificate: ssl.SSLContext) -> None:
    async with serving(certificate) as server:
        await send({"port": server.port, "security": "starttls", "tls": {"verify": False}})

    assert len(server.arrived) == 1


async def test_without_starttls_on_offer_nothing_is_sent(send: Send, trusted: dict[str, Any]) -> None:
    async with serving() as server:
        settings = {"host": "localhost", "port": server.port, "security": "starttls", "tls": trusted}
        with pytest.raises(Retry, match="STARTTLS extension not supported"):
            await send(settings | {"user": USER, "password": PASSWORD})

    assert server.arrived == []


async def test_a_wrong_password_is_tried_again_and_not_shown(
    send: Send, certificate: ssl.SSLContext, trusted: dict[str, Any]
) -> None:
    async with serving(certificate, login=True) as server:
        settings = {"host": "localhost", "port": server.port, "security": "starttls", "tls": trusted}
        with pytest.raises(Retry) as failed:
            await send(settings | {"user": USER, "password": "wr0ng-Pw"})

    assert failed.value.reason.startswith("SMTP 535: ")
    assert "wr0ng-Pw" not in f"{failed.value.reason} {failed.value.response}"


# Where it may be


async def test_a_private_address_needs_to_be_allowed(send: Send) -> None:
    async with serving() as server:
        with pytest.raises(Retry, match="is a loopback address, which needs allow_private"):
            await send({"host": "localhost", "port": server.port, "allow_private": False})

    assert server.helos == []


async def test_a_name_is_looked_up_once_and_its_forbidden_addresses_are_not_tried(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async with serving() as server:

        def look_up(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            asked.append(host)
            return [(2, 1, 6, "", (address, port)) for address in ("169.254.169.254", "127.0.0.1")]

        monkeypatch.setattr("cockpit_gateway.egress.connections.socket.getaddrinfo", look_up)
        await send({"host": "mail.test", "port": server.port})

    assert asked == ["mail.test"]
    assert len(server.arrived) == 1


async def test_a_name_that_does_not_exist(send: Send) -> None:
    with pytest.raises(Retry, match="name not found"):
        await send({"host": "nowhere.invalid"})


async def test_nobody_listens(send: Send) -> None:
    with pytest.raises(Retry, match="connection refused"):
        await send({"port": 1})


# Replies


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"MAIL": "550 no such sender"}, "SMTP 550: no such sender"),
        ({"office@example.org": "550 5.1.1 unknown\tuser"}, "SMTP 550: 5.1.1 unknown user"),
        ({"DATA": "554 5.7.1 looks like spam"}, "SMTP 554: 5.7.1 looks like spam"),
    ],
)
async def test_what_is_refused_for_good_is_given_up(send: Send, replies: dict[str, str], reason: str) -> None:
    async with serving() as server:
        server.replies = replies
        with pytest.raises(Reject) as refused:
            await send({"port": server.port})

    assert refused.value.reason == reason
    assert refused.value.response is not None
    assert refused.value.response.status == int(reason[5:8])


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"MAIL": "451 busy"}, "SMTP 451: busy"),
        ({"office@example.org": "450 greylisted"}, "SMTP 450: greylisted"),
        ({"DATA": "452 disk full"}, "SMTP 452: disk full"),
        ({"MAIL": "421 shutting down"}, "SMTP 421: shutting down"),
    ],
)
async def test_what_is_refused_for_now_is_tried_again(send: Send, replies: dict[str, str], reason: str) -> None:
    async with serving() as server:
        server.replies = replies
        with pytest.raises(Retry) as failed:
            await send({"port": server.port})

    assert failed.value.reason == reason


async def test_one_recipient_who_is_refused_for_good_does_not_keep_the_mail_from_the_others(send: Send) -> None:
    async with serving() as server:
        server.replies = {"gone@example.org": "550 unknown"}
        response = await send({"port": server.port}, to=["gone@example.org", "here@example.org"])

    assert [found.recipients for found in server.arrived] == [["here@example.org"]]
    assert response.body == b"OK\ngone@example.org: SMTP 550: unknown"


async def test_nobody_gets_it_while_one_recipient_has_to_wait(send: Send) -> None:
    async with serving() as server:
        server.replies = {"full@example.org": "452 mailbox full", "gone@example.org": "550 unknown"}
        with pytest.raises(Retry, match="SMTP 452: mailbox full"):
            await send({"port": server.port}, to=["here@example.org", "gone@example.org", "full@example.org"])

    assert server.arrived == []


async def test_a_connection_that_is_closed_before_the_reply_is_tried_again(send: Send) -> None:
    async with serving() as server:
        server.hangs_up = True
        with pytest.raises(Retry) as failed:
            await send({"port": server.port})

    assert failed.value.reason


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [(b"554 go away\r\n", "SMTP 554: go away"), (b"nonsense\r\n", ""), (b"", "")],
)
async def test_a_server_that_does_not_greet_is_tried_again(send: Send, greeting: bytes, reason: str) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Retry) as failed:
            await send({"port": server.sockets[0].getsockname()[1]})

    assert failed.value.reason
    assert reason in failed.value.reason


async def test_an_attempt_that_is_given_up_closes_its_connection(send: Send) -> None:
    hung_up, connected = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        attempt = asyncio.create_task(send({"port": server.sockets[0].getsockname()[1]}))
        await connected.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await asyncio.wait_for(hung_up.wait(), 10)
