"""Making, changing and deleting a webhook in the console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browser_kit import NARROW, WIDE, visiting
from console_kit import ALL, API, DO
from playwright.async_api import Browser, expect
from standardwebhooks import Webhook

from cockpit_gateway.testing import GatewayTester, Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(tmp_path: Path, receiver: Receiver) -> AsyncIterator[GatewayTester]:
    file = f"""
{API}
plugins:
  webhook:
    endpoints:
      written: {{url: "{receiver.url}/written", events: [forms.*], bearer: swordfish, allow_private: true}}
"""
    async with GatewayTester(tmp_path, file) as gateway:
        yield gateway


async def test_a_webhook_is_made_used_changed_and_deleted(
    browser: Browser, gateway: GatewayTester, receiver: Receiver
) -> None:
    async with visiting(browser, gateway, ALL) as visitor:
        page = visitor.page
        await visitor.open("/endpoints")
        await page.get_by_role("link", name="Create a webhook").click()
        await page.get_by_label("Name", exact=True).fill("search")
        await page.get_by_label("Url").fill(f"{receiver.url}/ingest")
        await page.get_by_label("Event 1").fill("collections.save.after")
        await page.get_by_label("Event 2").fill("collections.remove.afterr")
        await page.get_by_text("Advanced Options").click()
        await page.get_by_label("Username").fill("cockpit")
        await page.get_by_label("Password").fill("swordfish-of-basic-auth")
        await page.get_by_label("Key of header 1").fill("X-Site")
        await page.get_by_label("Value of header 1").fill("swordfish-of-the-header")
        await page.get_by_role("button", name="Create").click()

        await expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
        await expect(page.locator("#wrong-events")).to_contain_text("collections.remove.after")
        visitor.complaints.clear()  # the browser names the 422
        await page.get_by_label("Event 2").fill("collections.remove.after")
        await page.get_by_label("It may be at a private address").check()
        await page.get_by_role("button", name="Create").click()
        secret = await page.get_by_label("Secret", exact=True).inner_text()

        await page.get_by_role("link", name="To the endpoint").click()
        await gateway.fire("collections.save.after")
        await gateway.settled()
        [request] = receiver.requests
        Webhook(secret).verify(request.body, dict(request.headers))
        assert (request.headers["X-Site"], request.path) == ("swordfish-of-the-header", "/ingest")
        await page.reload()
        shown = await page.content()
        await page.get_by_role("link", name="Change").click()
        shown += await page.content()
        assert "swordfish" not in shown
        assert secret not in shown
        await page.get_by_label("Url").fill(f"{receiver.url}/other")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        await gateway.fire("collections.remove.after")
        await gateway.settled()
        assert receiver.requests[-1].path == "/other"
        assert receiver.requests[-1].headers["X-Site"] == "swordfish-of-the-header"

        await page.get_by_role("link", name="Delete").click()
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("heading", name="Endpoints", exact=True)).to_be_visible()
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert len(receiver.requests) == 2


async def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    browser: Browser, gateway: GatewayTester
) -> None:
    endpoints = gateway.gateway.administration.endpoints
    await endpoints.create("search", {"url": "https://search.example.org", "events": ["collections.*"]})
    async with visiting(browser, gateway, ALL) as visitor:
        await visitor.open("/webhooks/search")
        await endpoints.patch("search", {"ordered": True})
        await visitor.page.get_by_label("Timeout").fill("9s")
        await visitor.page.get_by_role("button", name="Save").click()
        await expect(visitor.page.get_by_role("alert")).to_contain_text("Nothing was saved. the endpoint 'search' has")
        await expect(visitor.page.get_by_label("Timeout")).to_have_value("9s")
        visitor.complaints.clear()
    assert endpoints.get("search").document["ordered"] is True


async def test_one_of_the_file_is_shown_and_changed_there(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, ALL) as visitor:
        await visitor.open("/endpoints/webhook/written")
        await expect(visitor.page.locator("#settings ~ span")).to_contain_text("in the configuration file, at")
        await expect(visitor.page.get_by_role("link", name="Change")).to_have_count(0)
        assert "swordfish" not in await visitor.page.content()
        await visitor.open("/webhooks/written")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("stands in the configuration file")
        visitor.complaints.clear()


async def test_a_name_that_is_taken_is_told(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, ALL) as visitor:
        await visitor.open("/webhooks")
        await visitor.page.get_by_label("Name", exact=True).fill("written")
        await visitor.page.get_by_label("Url").fill("https://search.example.org")
        await visitor.page.get_by_label("Event 1").fill("collections.save.after")
        await visitor.page.get_by_role("button", name="Create").click()
        await expect(visitor.page.locator("#wrong-name")).to_contain_text("already")
        visitor.complaints.clear()


async def test_lists_grow_and_events_are_completed(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, ALL) as visitor:
        await visitor.open("/webhooks")
        events = visitor.page.locator("input[name=events]")
        await events.nth(2).fill("collections.save.after")
        await expect(events).to_have_count(4)
        known = visitor.page.locator("#known-events option[value='singleton.saveData.after']")
        await expect(known).to_have_count(1)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_form_fits(browser: Browser, gateway: GatewayTester, size: tuple[int, int]) -> None:
    async with visiting(browser, gateway, ALL, size=size, dark=True) as visitor:
        await visitor.open("/webhooks")
        await visitor.page.get_by_text("Advanced Options").click()
        assert await visitor.overflow() == 0


async def test_who_may_not_is_refused(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, DO) as visitor:
        await visitor.open("/endpoints")
        await expect(visitor.page.get_by_role("link", name="Create a webhook")).to_have_count(0)
        await visitor.open("/webhooks")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("needs admin")
        visitor.complaints.clear()
