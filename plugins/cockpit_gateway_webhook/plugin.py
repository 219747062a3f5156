"""The webhook plugin: sends events to the endpoints of its configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cockpit_gateway import (
    Delivery,
    Event,
    Explained,
    Planned,
    PluginContext,
    RequestPreview,
    Response,
    Target,
    hookimpl,
)
from cockpit_gateway.egress.channel import Channel
from cockpit_gateway.transports import Planning
from cockpit_gateway_webhook.senders import sender_of
from cockpit_gateway_webhook.sending import Sender
from cockpit_gateway_webhook.settings import Config, Endpoint


class WebhookPlugin:
    """One target per endpoint; an attempt is one HTTP request.

    The gateway keeps the queue, the order, the retry schedule, the limits and the time budget. What is left for a
    transport plugin is in the six hooks below: name the targets, say which events go where and why, make one attempt.
    """

    Config = Config

    def __init__(self) -> None:
        self._senders: dict[str, Sender] = {}
        self._planning: Planning | None = None
        self._channel: dict[str, Channel] = {}

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the endpoints, and make ready what each event and each attempt needs."""
        config: Config = context.config
        self._planning = Planning(config.endpoints, context)
        self._senders = {name: sender_of(endpoint, context.catalogue) for name, endpoint in config.endpoints.items()}
        return [
            endpoint.target(name, context.catalogue, _fingerprint(endpoint))
            for name, endpoint in config.endpoints.items()
        ]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which endpoints get this event."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    def explain_deliveries(self, event: Event) -> list[Explained]:
        """Say which endpoints get this event, and why."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.explain(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event], context: PluginContext) -> Response:
        """Send an event, or those of a burst, to an endpoint, once."""
        name = delivery.target
        return await self._senders[name].send(self._channel[name], delivery, events, context.clock, context.traceparent)

    @hookimpl
    def preview_delivery(self, delivery: Delivery, events: Sequence[Event], context: PluginContext) -> RequestPreview:
        """Say what would be sent."""
        return self._senders[delivery.target].preview(delivery, events, context.clock)

    @hookimpl
    async def gateway_started(self, context: PluginContext) -> None:
        """Open what the endpoints' requests go through."""
        config: Config = context.config
        for name, endpoint in config.endpoints.items():
            self._channel[name] = endpoint.open(context.channels)


def _fingerprint(endpoint: Endpoint) -> str:
    """Return a digest of the URL, which may hold a token that does not belong into the store."""
    return hashlib.sha256(endpoint.url.encode()).hexdigest()
