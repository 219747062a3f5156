"""The mail about an event, as it is handed to the server."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from cockpit_gateway import Delivery, Event, PluginContext
from cockpit_gateway.expressions import Template
from cockpit_gateway.transports import render
from cockpit_gateway_smtp.mailboxes import parse_mailbox
from cockpit_gateway_smtp.settings import Mail

LONGEST_SUBJECT = 200
"""Characters."""

_POLICY = SMTP.clone(cte_type="7bit")
"""Any server takes it, whatever extensions it has."""


class Envelope(NamedTuple):
    """A mail with whom it comes from and goes to.

    Attributes:
        sender: An address without a name.
        recipients: The same.
        content: Headers and body.
    """

    sender: str
    recipients: Sequence[str]
    content: bytes


class Composer:
    """Writes one kind of mail.

    Args:
        mail: Its settings.
        context: The plugin's context.
    """

    def __init__(self, mail: Mail, context: PluginContext) -> None:
        self._mail = mail
        self._context = context
        self._html = None if mail.html is None else Template(mail.html.source, html.escape)
        self._sender = parse_mailbox(mail.sender)
        self._recipients = [parse_mailbox(text) for text in mail.to]

    def compose(self, delivery: Delivery, events: Sequence[Event]) -> Envelope:
        """Return the mail about an event, or about those of a burst.

        Args:
            delivery: Its id makes the Message-ID, so that a mail which arrives twice is recognised as one.
            events: Oldest first.

        Raises:
            Retry: A template failed.
        """
        message = EmailMessage(_POLICY)
        message["From"] = self._sender
        message["To"] = self._recipients
        message["Subject"] = _one_line(self._text(self._mail.subject, events))
        message["Message-ID"] = f"<{delivery.id}@{self._sender.domain}>"
        message["Date"] = format_datetime(datetime.fromtimestamp(self._context.clock.time(), UTC))
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note is wanted
        message.set_content(self._text(self._mail.body, events), cte="quoted-printable")
        if self._html is not None:
            message.add_alternative(self._text(self._html, events), subtype="html", cte="quoted-printable")
        recipients = [recipient.addr_spec for recipient in self._recipients]
        return Envelope(self._sender.addr_spec, recipients, message.as_bytes())

    def _text(self, template: Template, events: Sequence[Event]) -> str:
        return render(template, events, self._context.catalogue)


def _one_line(text: str) -> str:
    """Return text without what ends a header or hides in it, and not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(printable.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"
