"""The exec plugin with a context made by hand: no daemon, real processes, on each of the event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from exec_kit import Run
from webhook_kit import DELIVERY_ID, saved

from cockpit_gateway import Delivery, DeliveryState, Event, Response
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.testing import make_context
from cockpit_gateway_exec import ExecPlugin


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The daemon runs on uvloop, the tests of others mostly do not."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def run() -> Run:
    async def run(argv: list[str], *events: Event, attempts: int = 0, **settings: Any) -> Response:
        catalogue = Catalogue()
        section = {"commands": {"it": {"argv": argv, "events": ["collections.*"]} | settings}}
        plugin = ExecPlugin()
        config = plugin.Config.model_validate(section, context={"catalogue": catalogue})
        plugin.register_targets(make_context("exec", config, catalogue=catalogue))
        delivery = Delivery(DELIVERY_ID, "e", 1, "exec", "it", None, DeliveryState.RUNNING, attempts, 0.0, 0.0)
        return await plugin.deliver(delivery, events or [saved()])

    return run
