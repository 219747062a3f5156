"""The slack plugin: tells people in a chat what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cockpit_gateway import Delivery, Event, Explained, Planned, PluginContext, Response, Target, hookimpl
from cockpit_gateway.egress.channel import Channel
from cockpit_gateway.transports import Planning
from cockpit_gateway_slack.sending import Poster
from cockpit_gateway_slack.settings import ChatChannel, Config


class SlackPlugin:
    """One target per channel; an attempt posts one message."""

    Config = Config

    def __init__(self) -> None:
        self._posters: dict[str, Poster] = {}
        self._planning: Planning | None = None
        self._channel: dict[str, Channel] = {}

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the channels, and make ready what each event and each attempt needs."""
        config: Config = context.config
        self._planning = Planning(config.channels, context)
        self._posters = {name: Poster(channel, context) for name, channel in config.channels.items()}
        return [
            channel.target(name, context.catalogue, _fingerprint(channel)) for name, channel in config.channels.items()
        ]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which channels are told of this event."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    def explain_deliveries(self, event: Event) -> list[Explained]:
        """Say which channels are told of this event, and why."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.explain(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event]) -> Response:
        """Post one message about an event, or about those of a burst."""
        return await self._posters[delivery.target].post(self._channel[delivery.target], events)

    @hookimpl
    async def gateway_started(self, context: PluginContext) -> None:
        """Open what the channels' requests go through."""
        config: Config = context.config
        for name, channel in config.channels.items():
            self._channel[name] = channel.open(context.channels)


def _fingerprint(channel: ChatChannel) -> str:
    """Return a digest of the URL, which itself must not be stored."""
    return hashlib.sha256(channel.url.get_secret_value().encode()).hexdigest()
