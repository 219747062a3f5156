"""One attempt over SMTP (RFC 5321); importing it needs the extra `smtp`."""

from __future__ import annotations

import socket
from contextlib import suppress

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from cockpit_gateway import Reject, Response, Retry
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.egress.tls import client_context
from cockpit_gateway.transports import explain
from cockpit_gateway_smtp.composing import Envelope
from cockpit_gateway_smtp.settings import MailServer

PERMANENT = 500
"""From here on a reply means "never" (RFC 5321 section 4.2.1)."""

FAREWELL = 1.0
"""Seconds for the reply to QUIT: the mail is taken in by then, and must not be sent again."""

LONGEST_DETAIL = 200


class Mailer:
    """Hands mails to the server, each over a connection of its own.

    Args:
        server: The server's settings.
        channels: What connections are made by.
    """

    def __init__(self, server: MailServer, channels: Channels) -> None:
        self._server = server
        self._channels = channels
        self._tls = (
            server.tls.context()
            if server.tls is not None
            else client_context(ca=None, cert=None, key=None, key_password=None, verify=True)
        )

    async def send(self, envelope: Envelope) -> Response:
        """Hand in one mail.

        Returns:
            The server's reply; it names those of several recipients that were refused for good.

        Raises:
            Retry: No connection, no login, or a reply that means "not now": then nobody got the mail.
            Reject: The sender, all recipients or the content are refused for good.
        """
        try:
            client = self._client(await self._channels.connect(self._server.policy, *self._server.address))
        except OSError as error:
            raise Retry(explain(error)) from error
        try:
            await self._greet(client)
            response = await _hand_in(client, envelope)
            with suppress(SMTPException, OSError):
                await client.quit(timeout=FAREWELL)
        except SMTPException as error:
            raise Retry(_in_words(error)) from error
        finally:
            client.close()
        return response

    def _client(self, connection: socket.socket) -> SMTP:
        """Return what speaks over a connection; the name serves TLS only, it is not looked up again."""
        return SMTP(
            hostname=self._server.host,
            sock=connection,
            local_hostname=_literal(connection),
            use_tls=self._server.security == "tls",
            start_tls=self._server.security == "starttls",
            username=self._server.user,
            password=None if self._server.password is None else self._server.password.get_secret_value(),
            tls_context=None if self._server.security == "none" else self._tls,
            timeout=None,
        )

    async def _greet(self, client: SMTP) -> None:
        """Say hello, secure the connection and log in; whatever is wrong here is wrong for every mail, and repaired."""
        try:
            await client.connect()
        except SMTPResponseException as error:
            raise Retry(_reply(error), response=Response(error.code)) from error
        except SMTPException as error:
            raise Retry(_in_words(error)) from error
        except OSError as error:
            raise Retry(explain(error)) from error


async def _hand_in(client: SMTP, envelope: Envelope) -> Response:
    try:
        await client.mail(envelope.sender)
        refused = await _name_recipients(client, envelope)
        reply = await client.data(envelope.content)
    except SMTPResponseException as error:
        response = Response(error.code, body=error.message.encode()[:4096])
        kind = Reject if error.code >= PERMANENT else Retry
        raise kind(_reply(error), response=response) from error
    told = [f"{error.recipient}: {_reply(error)}" for error in refused]
    return Response(reply.code, body="\n".join([reply.message, *told]).encode()[:4096])


async def _name_recipients(client: SMTP, envelope: Envelope) -> list[SMTPRecipientRefused]:
    """Return who was refused for good; raise if nobody is left, or if one may be taken next time."""
    refused: list[SMTPRecipientRefused] = []
    for recipient in envelope.recipients:
        try:
            await client.rcpt(recipient)
        except SMTPRecipientRefused as error:
            if error.code < PERMANENT:
                raise
            refused.append(error)
    if len(refused) == len(envelope.recipients):
        raise refused[0]
    return refused


def _literal(connection: socket.socket) -> str:
    """Return the address of this end as EHLO takes it (RFC 5321 section 4.1.3)."""
    address = str(connection.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _reply(error: SMTPResponseException) -> str:
    return f"SMTP {error.code}: {_brief(error.message)}"


def _in_words(error: SMTPException) -> str:
    cause = error.__cause__
    return explain(cause) if isinstance(cause, OSError) and not isinstance(cause, SMTPException) else _brief(str(error))


def _brief(text: str) -> str:
    return " ".join(text.split())[:LONGEST_DETAIL]
