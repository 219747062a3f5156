"""A gateway with two endpoints that hold what they get, and a client of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from api_kit import CONFIG, Client, hold, local

from cockpit_gateway.testing import GatewayTester, StartGateway


@pytest.fixture
async def gateway(gateway_tester: StartGateway) -> AsyncIterator[GatewayTester]:
    async with gateway_tester(CONFIG) as running:
        await hold(running)
        yield running


@pytest.fixture
async def client(gateway: GatewayTester) -> AsyncIterator[Client]:
    async with local(gateway) as opened:
        yield opened
