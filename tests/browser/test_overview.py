"""The overview keeps itself up to date, out of the way of whoever uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browser_kit import Visitor, visiting
from console_kit import API, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway.testing import GatewayTester
from cockpit_gateway.web.console.sessions import LONGEST

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, gateway: GatewayTester) -> AsyncIterator[Visitor]:
    """Look at the overview; its time passes when the test says so."""
    async with visiting(browser, gateway, SEE) as looking:
        await looking.page.clock.install()
        await looking.open("/")
        yield looking


async def test_what_comes_is_shown(gateway: GatewayTester, visitor: Visitor) -> None:
    await expect(visitor.page.get_by_text("No event has come yet.")).to_be_visible()
    await gateway.fire("collections.save.after")
    await visitor.page.clock.run_for(6000)
    await expect(visitor.page.get_by_role("link", name="collections.save.after")).to_be_visible()
    await expect(visitor.page.locator(".chart").first.get_by_role("img")).to_be_visible()


async def test_what_needs_somebody_comes_first(browser: Browser, tmp_path: Path) -> None:
    endpoints = [f"e{number}: {{url: 'https://example.org/', events: [error]}}" for number in range(30)]
    endpoints[17] = "e17: {url: 'https://example.org/', events: [error], active: false}"
    listed = "".join(f"      {one}\n" for one in endpoints)
    config = f"{API}sources: {{website: {{}}, magazine: {{}}}}\nplugins:\n  webhook:\n    endpoints:\n{listed}"
    async with GatewayTester(tmp_path, config) as gateway, visiting(browser, gateway, SEE) as visitor:
        await gateway.fire("collections.save.after")
        await gateway.let_pass(60)  # until it is counted
        await visitor.open("/")
        targets = visitor.page.get_by_role("region", name="Targets").locator("tbody th")
        await expect(targets).to_have_count(25)
        await expect(targets.first).to_have_text("webhook e17 paused")
        await expect(visitor.page.get_by_role("link", name="5 more")).to_be_visible()
        sources = visitor.page.get_by_role("region", name="Sources").locator("tbody tr")
        await expect(sources).to_have_text(["website 1 0 0 0", "magazine 0 0 0 0"])


async def test_whoever_is_in_it_is_not_disturbed(gateway: GatewayTester, visitor: Visitor) -> None:
    await gateway.fire("collections.save.after")
    await visitor.page.clock.run_for(6000)
    link = visitor.page.get_by_role("link", name="collections.save.after")
    await link.focus()
    await gateway.fire("singleton.saveData.after")
    await visitor.page.clock.run_for(30_000)
    await expect(link).to_be_focused()
    await expect(visitor.page.get_by_role("link", name="singleton.saveData.after")).to_have_count(0)
    await link.blur()
    await visitor.page.clock.run_for(6000)
    await expect(visitor.page.get_by_role("link", name="singleton.saveData.after")).to_be_visible()


async def test_a_session_that_is_over_leads_to_the_login(gateway: GatewayTester, visitor: Visitor) -> None:
    await gateway.let_pass(LONGEST + 1)
    await visitor.page.clock.run_for(6000)
    await expect(visitor.page.get_by_label("Token of a client")).to_be_visible()


async def test_a_gateway_that_is_gone_is_told(gateway: GatewayTester, visitor: Visitor) -> None:
    await gateway.gateway.stop()
    await visitor.page.clock.run_for(6000)
    await expect(visitor.page.locator("[data-stale]")).to_be_visible()
    visitor.complaints.clear()  # the browser tells that nobody answered
