"""The webhook plugin with a context made by hand: no daemon, real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from webhook_kit import Plugin, Start

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.testing import FakeClock, Receiver, make_context
from cockpit_gateway_webhook import WebhookPlugin


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a plugin with these endpoints; several may be started."""
    channels = Channels()

    async def start(endpoints: dict[str, dict[str, Any]]) -> Plugin:
        plugin = WebhookPlugin()
        catalogue = Catalogue()
        config = plugin.Config.model_validate({"endpoints": endpoints}, context={"catalogue": catalogue})
        ready = Plugin(
            plugin, make_context("webhook", config, clock=FakeClock(), catalogue=catalogue, channels=channels)
        )
        await plugin.gateway_started(ready.context)
        return ready

    yield start
    await channels.close()


@pytest.fixture
def endpoint(receiver: Receiver) -> dict[str, Any]:
    """The least that an endpoint needs, to be widened by a test."""
    return {"url": f"{receiver.url}/hook", "events": ["collections.*"], "allow_private": True}
