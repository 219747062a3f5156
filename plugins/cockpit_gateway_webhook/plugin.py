"""The webhook plugin: sends events to the endpoints of its configuration."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp

from cockpit_gateway import Delivery, Event, Planned, PluginContext, Response, Target, hookimpl
from cockpit_gateway_webhook.planning import Planning, sender_of, target_of
from cockpit_gateway_webhook.sending import Sender, open_session
from cockpit_gateway_webhook.settings import Config


class WebhookPlugin:
    """One target per endpoint; an attempt is one HTTP request.

    The gateway keeps the queue, the order, the retry schedule, the limits and the time budget. What is left for a
    transport plugin is in the five hooks below: name the targets, say which events go where, make one attempt.
    """

    Config = Config

    def __init__(self) -> None:
        self._senders: dict[str, Sender] = {}
        self._planning: Planning | None = None
        self._session: aiohttp.ClientSession | None = None

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the endpoints, and make ready what each event and each attempt needs."""
        config: Config = context.config
        endpoints = config.endpoints
        active = {name: endpoint for name, endpoint in endpoints.items() if endpoint.active}
        self._planning = Planning(active, context)
        self._senders = {name: sender_of(endpoint, context.catalogue) for name, endpoint in endpoints.items()}
        return [target_of(name, endpoint, context.catalogue) for name, endpoint in endpoints.items()]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which endpoints get this event."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event], context: PluginContext) -> Response:
        """Send an event, or those of a burst, to an endpoint, once."""
        assert self._session is not None  # noqa: S101 - gateway_started comes first
        return await self._senders[delivery.target].send(self._session, delivery, events, context.clock)

    @hookimpl
    async def gateway_started(self) -> None:
        """Open the session that all endpoints share."""
        self._session = open_session()

    @hookimpl
    async def gateway_stopping(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
