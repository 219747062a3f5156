"""The webhook plugin with a context made by hand: no daemon, real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from webhook_kit import FixedClock, Plugin, Receiver, Start, receiving

from cockpit_gateway import PluginContext
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway_webhook import WebhookPlugin


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a plugin with these endpoints; several may be started."""
    started: list[WebhookPlugin] = []

    async def start(endpoints: dict[str, dict[str, Any]]) -> Plugin:
        plugin = WebhookPlugin()
        catalogue = Catalogue()
        config = plugin.Config.model_validate({"endpoints": endpoints}, context={"catalogue": catalogue})
        log = structlog.get_logger("webhook")
        ready = Plugin(plugin, PluginContext("webhook", config, log, FixedClock(), catalogue))
        await plugin.gateway_started(ready.context)
        started.append(plugin)
        return ready

    yield start
    for plugin in started:
        await plugin.gateway_stopping()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def endpoint(receiver: Receiver) -> dict[str, Any]:
    """The least that an endpoint needs, to be widened by a test."""
    return {"url": f"{receiver.url}/hook", "events": ["collections.*"], "allow_private": True}
