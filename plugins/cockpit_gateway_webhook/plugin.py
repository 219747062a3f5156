"""The webhook plugin: sends events to the endpoints of its configuration."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway import Delivery, Event, Planned, PluginContext, Response, Target, hookimpl
from cockpit_gateway.egress.channel import Channel, Channels
from cockpit_gateway_webhook.planning import Planning, sender_of, target_of
from cockpit_gateway_webhook.sending import Sender
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
        self._channels: Channels | None = None
        self._channel: dict[str, Channel] = {}

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
        name = delivery.target
        return await self._senders[name].send(self._channel[name], delivery, events, context.clock)

    @hookimpl
    async def gateway_started(self, context: PluginContext) -> None:
        """Open what the endpoints' requests go through."""
        config: Config = context.config
        channels = self._channels = Channels()
        for name, endpoint in config.endpoints.items():
            self._channel[name] = channels.open(endpoint.policy, proxy=endpoint.proxy_url, tls=endpoint.tls_context)
            if endpoint.tls is not None and not endpoint.tls.verify:
                context.log.warning(
                    "TLS certificates are not verified: whoever is in between reads and changes what is sent",
                    endpoint=name,
                    setting=f"endpoints.{name}.tls.verify",
                )

    @hookimpl
    async def gateway_stopping(self) -> None:
        """Close their connections."""
        if self._channels is not None:
            await self._channels.close()
