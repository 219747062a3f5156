"""A mail to send, and a real SMTP server on loopback, which notes what arrives and answers as a test has set it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from webhook_kit import saved

from cockpit_gateway import Event, Response
from cockpit_gateway.events import encode_json

Send = Callable[..., Awaitable[Response]]
"""Sends the mail about an event by a server with these settings."""

MAIL: dict[str, Any] = {
    "from": "Cockpit <cockpit@example.org>",
    "to": ["office@example.org"],
    "events": ["collections.*"],
    "subject": "{{ entry.title }}",
    "body": "It says: {{ entry.title }}",
}


def entry(title: str) -> Event:
    """Return the event of a saved entry."""
    return saved(encode_json({"event": "collections.save.after", "args": ["posts", {"title": title}, False]}))


USER, PASSWORD = "cockpit", "p4ssw0rd-Xy"


@dataclass(frozen=True)
class Arrived:
    """One mail as it was handed in."""

    sender: str
    recipients: list[str]
    content: bytes
    secured: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """Headers and body, parsed."""
        message = message_from_bytes(self.content.replace(b"\r\n", b"\n"), policy=default)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class MailServer:
    """What it answers to whom, and what arrived.

    Attributes:
        port: Where it listens.
        replies: The reply by command, or by recipient, instead of "250 OK".
        arrived: What was handed in.
        helos: How clients named themselves.
        hangs_up: Whether it closes the connection when a mail was handed in, before it says so.
    """

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)
    helos: list[str] = field(default_factory=list)
    hangs_up: bool = False

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.helos.append(hostname)
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        user = session.auth_data.login.decode() if session.auth_data else None
        content = envelope.content
        assert isinstance(content, bytes)
        assert envelope.mail_from
        self.arrived.append(Arrived(envelope.mail_from, envelope.rcpt_tos, content, session.ssl is not None, user))
        if self.hangs_up:
            assert server.transport is not None
            server.transport.close()
        return self.replies.get("DATA", "250 OK")


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right, auth_data=data)


@asynccontextmanager
async def serving(
    tls: ssl.SSLContext | None = None, *, from_the_first_byte: bool = False, login: bool = False
) -> AsyncIterator[MailServer]:
    """Run a server on a free port; with `tls`, mail is taken only once the connection is secured."""
    found = MailServer()
    starttls = tls is not None and not from_the_first_byte

    def protocol() -> SMTP:
        return SMTP(
            found,
            hostname="mail.test",
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            authenticator=_authenticate if login else None,
            auth_required=login and starttls,
            auth_require_tls=starttls,
            timeout=30,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if from_the_first_byte else None)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()
