"""The frame of the console: getting in and out, on every width, in both themes, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from browser_kit import NARROW, WIDE, visiting
from console_kit import ALL, API, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.testing import GatewayTester

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = [
    "/",
    "/?span=day",
    "/events",
    "/events?name=nothing",
    "/events/EVENT",
    "/events/EVENT/replay",
    "/tail",
    "/deliveries",
    "/deliveries/DELIVERY",
    "/dead-letters",
    "/bulk/replay?state=pending",
    "/endpoints",
    "/endpoints/webhook/search-index",
    "/webhooks",
    "/webhooks/made",
    "/webhooks/made/delete",
    "/endpoints/webhook/made",
    "/plugins",
    "/nodes",
    "/configuration",
]

CONFIG = f"""{API}
plugins:
  webhook:
    endpoints:
      search-index: {{url: "http://127.0.0.1:9/", allow_private: true, events: [collections.*, singleton.*]}}
      purge-cache: {{url: "https://example.org/", events: [singleton.*], active: false}}
      rebuild-the-site:
        {{url: "https://example.org/", events: [singleton.*], bearer: "${{A_VARIABLE_THAT_HAS_A_LONG_NAME:-secret}}"}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayTester]:
    async with GatewayTester(tmp_path_factory.mktemp("gateway"), CONFIG) as running:
        target_id = TargetId("webhook", "rebuild-the-site")
        await running.gateway.store.set_held(target_id, Hold.DISABLED, reason="HTTP 410 Gone", now=0)
        await running.gateway.dispatcher.recall()
        made = {"url": "https://example.org/", "events": ["forms.*"], "headers": {"X-Key": "a" * 99}}
        await running.gateway.administration.endpoints.create("made", made)
        for _ in range(3):
            await running.fire("collections.save.after")
        await running.fire("singleton.saveData.after")
        yield running


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("dark", [False, True])
async def test_every_page_fits_into_every_window_and_can_be_read(
    browser: Browser, gateway: GatewayTester, size: tuple[int, int], dark: bool
) -> None:
    async with visiting(browser, gateway, size=size, dark=dark) as visitor:
        [event] = await gateway.gateway.store.events(EventFilter(limit=1))
        [delivery] = await gateway.gateway.store.deliveries(DeliveryFilter(limit=1))
        for path in (page.replace("EVENT", event.id).replace("DELIVERY", delivery.id) for page in PAGES):
            await visitor.open(path)
            await expect(visitor.page.locator("h1")).to_be_visible()
            assert await visitor.overflow() == 0, path
            assert await visitor.barriers() == [], path


async def test_on_a_narrow_screen_the_navigation_shows_where_one_is(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, size=NARROW) as visitor:
        for path, name in (
            ("/events", "Events"),
            ("/dead-letters", "Dead letters"),
            ("/configuration", "Configuration"),
        ):
            await visitor.open(path)
            current = visitor.page.locator("nav [aria-current]")
            await expect(current).to_have_text(name)
            box = await current.bounding_box()
            assert box is not None
            assert box["x"] >= 0, path
            assert box["x"] + box["width"] <= NARROW[0] - 40, path  # where it fades out


async def test_what_is_nowhere_belongs_to_no_page(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway) as visitor:
        await visitor.open("/nowhere")
        await expect(visitor.page.get_by_role("alert")).to_have_text("There is no such page.")
        visitor.complaints.clear()  # the browser names the 404
        await expect(visitor.page.locator("nav [aria-current]")).to_have_count(0)
        await visitor.page.get_by_role("link", name="To the overview").click()
        await expect(visitor.page.locator("nav [aria-current]")).to_have_text("Overview")


async def test_a_wrong_token_is_refused_and_the_right_one_goes_where_one_wanted_to(
    browser: Browser, gateway: GatewayTester
) -> None:
    async with visiting(browser, gateway, None) as visitor:
        page = visitor.page
        await visitor.open("/events?source=website")
        await page.get_by_label("Token of a client").fill("not-a-token-of-anybody")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_have_text("No client has this token.")
        visitor.complaints.clear()  # the browser names the 401
        await page.get_by_label("Token of a client").fill(SEE)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_label("Source")).to_have_value("website")
        await page.get_by_role("button", name="Log out").click()
        await visitor.open("/events")
        await expect(page.get_by_label("Token of a client")).to_be_visible()


async def test_the_theme_that_was_chosen_stays(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway) as visitor:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await visitor.page.evaluate(ground)
        await visitor.page.get_by_role("button", name="Dark theme").click()
        dark = await visitor.page.evaluate(ground)
        assert light != dark
        await visitor.open("/events")
        assert await visitor.page.evaluate(ground) == dark
        await expect(visitor.page.get_by_role("button", name="Light theme")).to_be_visible()


async def test_keys(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway) as visitor:
        page = visitor.page
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.keyboard.press("/")
        await page.keyboard.type("singleton.saveData.after")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Name")).to_have_value("singleton.saveData.after")
        await page.keyboard.press("j")
        await expect(page.get_by_role("link", name="singleton.saveData.after")).to_be_focused()


async def test_without_scripts(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, ALL, scripts=False) as visitor:
        await visitor.open("/events")
        await visitor.page.get_by_label("Name").fill("singleton.saveData.after")
        await visitor.page.get_by_role("button", name="Filter").click()
        await expect(visitor.page.locator("tbody tr")).to_have_count(1)
