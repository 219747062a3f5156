"""A search through many events goes on page by page, and says how far back it has looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_kit import visiting
from console_kit import API, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway.store import steps
from cockpit_gateway.testing import GatewayTester

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_search_goes_on_until_it_finds(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "EVENTS_LOOKED_AT", 4)
    async with GatewayTester(tmp_path, f"{API}\nsources: {{website: {{}}}}\n") as gateway:
        await gateway.fire("collections.remove.after", name="authors")
        for _ in range(5):
            await gateway.fire("collections.remove.after", name="posts")
        async with visiting(browser, gateway, SEE) as visitor:
            page = visitor.page
            for path in ("/events", "/deliveries"):
                await visitor.open(f"{path}?subject=collections/authors")
                await expect(page.get_by_text("Searched back to")).to_be_visible()
                await expect(page.get_by_text("Nothing so far.")).to_be_visible()
                await page.get_by_role("link", name="Search on").click()
                await expect(page.get_by_text("Searched back to")).to_have_count(0)
            await expect(page.get_by_text("No delivery fits.")).to_be_visible()
            await visitor.open("/events?subject=collections/posts")
            await expect(page.locator("tbody tr")).to_have_count(4)
            await page.get_by_role("link", name="Search on").click()
            await expect(page.locator("tbody tr")).to_have_count(1)
