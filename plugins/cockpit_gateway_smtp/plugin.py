"""The smtp plugin: mails what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit_gateway import Delivery, Event, Explained, Planned, PluginContext, Response, Target, hookimpl
from cockpit_gateway.transports import Planning
from cockpit_gateway_smtp.composing import Composer
from cockpit_gateway_smtp.settings import Config, Mail, MailServer

if TYPE_CHECKING:
    from cockpit_gateway_smtp.sending import Mailer


class SmtpPlugin:
    """One target per kind of mail; an attempt hands one mail to the server."""

    Config = Config

    def __init__(self) -> None:
        self._composers: dict[str, Composer] = {}
        self._planning: Planning | None = None
        self._mailer: Mailer | None = None

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the mails, and make ready what each event and each attempt needs."""
        config: Config = context.config
        self._planning = Planning(config.mails, context)
        if config.server is None:
            return []
        from cockpit_gateway_smtp.sending import Mailer  # noqa: PLC0415 - needs the extra

        self._mailer = Mailer(config.server, context.channels)
        self._composers = {name: Composer(mail, context) for name, mail in config.mails.items()}
        return [
            mail.target(name, context.catalogue, _fingerprint(config.server, mail))
            for name, mail in config.mails.items()
        ]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which mails are written about this event."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    def explain_deliveries(self, event: Event) -> list[Explained]:
        """Say which mails are written about this event, and why."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.explain(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event]) -> Response:
        """Hand in one mail about an event, or about those of a burst."""
        assert self._mailer is not None  # noqa: S101 - without a server there is no target
        return await self._mailer.send(self._composers[delivery.target].compose(delivery, events))


def _fingerprint(server: MailServer, mail: Mail) -> str:
    return hashlib.sha256("\n".join([*map(str, server.address), mail.sender, *mail.to]).encode()).hexdigest()
