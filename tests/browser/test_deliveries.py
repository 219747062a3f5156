"""The pages about deliveries: the list, one with its attempts, dead letters and delivering them again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browser_kit import NARROW, WIDE, visiting
from console_kit import API, DO, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway import DeliveryState
from cockpit_gateway.store import steps
from cockpit_gateway.testing import Answer, GatewayTester, Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENDPOINTS = ("/endpoints", "/endpoints/webhook/search-index", "/plugins", "/nodes")
HOSTILE = "<script>document.title='owned'</script>"


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(tmp_path: Path, receiver: Receiver) -> AsyncIterator[GatewayTester]:
    """Run a gateway with one delivery that took two attempts, one that waits, and three dead letters."""
    yaml = f"""
{API}
plugins:
  webhook:
    endpoints:
      search-index:
        url: "{receiver.url}/ingest?key=swordfish-of-the-url"
        bearer: swordfish-of-the-header
        events: [collections.save.after]
        retry: [0s, 1h]
        allow_private: true
      archive: {{url: "{receiver.url}/archive", events: [collections.remove.after], retry: [0s], allow_private: true}}
"""
    async with GatewayTester(tmp_path, yaml) as gateway:
        receiver.answers += [Answer(503, {"X-Told": HOSTILE}, f"not now {HOSTILE}".encode()), Answer(204)]
        await gateway.fire("collections.save.after")
        await gateway.let_pass(7200)
        receiver.answers += [Answer(500)] * 3
        for _ in range(3):
            await gateway.fire("collections.remove.after")
        await gateway.settled()
        receiver.answers += [Answer(429)]
        await gateway.fire("collections.save.after")
        await gateway.settled()
        yield gateway


async def test_a_delivery_shows_its_attempts_and_what_is_sent(
    browser: Browser, gateway: GatewayTester, receiver: Receiver
) -> None:
    [delivered] = await gateway.deliveries(DeliveryState.DELIVERED)
    async with visiting(browser, gateway, SEE) as visitor:
        page = visitor.page
        await visitor.open("/deliveries")
        await expect(page.locator("tbody tr")).to_have_count(5)
        await page.get_by_label("State").select_option("delivered")
        await page.get_by_role("button", name="Filter").click()
        await page.get_by_role("link", name="search-index").click()
        await expect(page).to_have_url(f"{visitor.console}/deliveries/{delivered.id}")
        attempts = page.locator(".timeline > li")
        await expect(attempts).to_have_count(2)
        await expect(attempts.nth(0)).to_contain_text("HTTP 503 Service Unavailable")
        await attempts.nth(0).get_by_text("Answer").click()
        await expect(attempts.nth(0).locator("pre")).to_have_text(f"not now {HOSTILE}")
        assert "owned" not in await page.title()
        await page.get_by_text("Body,").click()
        await expect(page.locator("#request ~ .card pre")).to_contain_text('"event":"collections.save.after"')
        await expect(page.get_by_role("button", name="Deliver again")).to_have_count(0)
        shown = await page.content()
    assert "swordfish" not in shown
    assert "webhook-id" in shown
    assert receiver.requests[0].headers["Authorization"] == "Bearer swordfish-of-the-header"


async def test_dead_letters_are_delivered_again_as_a_whole(
    browser: Browser, gateway: GatewayTester, receiver: Receiver
) -> None:
    async with visiting(browser, gateway, DO) as visitor:
        page = visitor.page
        await visitor.open("/dead-letters?to=webhook:archive")
        await expect(page.locator("tbody tr")).to_have_count(3)
        await page.get_by_role("link", name="Deliver all of these again").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Deliver again: 3 deliveries")
        await page.get_by_role("button", name="Deliver again").click()
        await expect(page.get_by_role("status")).to_contain_text("3 put back")
        await gateway.settled()
        await visitor.open("/dead-letters")
        await expect(page.get_by_text("No dead letter fits.")).to_be_visible()
    assert [request.path for request in receiver.requests].count("/archive") == 6


async def test_it_goes_on_by_itself_whatever_else_is_looked_at(
    browser: Browser, gateway: GatewayTester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "DELIVERIES", 1)
    async with visiting(browser, gateway, DO) as visitor:
        page = visitor.page
        await page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => true})")
        await visitor.open("/bulk/replay?to=webhook:archive")
        await page.get_by_role("button", name="Deliver again").click()
        await expect(page.get_by_role("status")).to_contain_text("3 put back")


async def test_one_that_waits_can_be_delivered_now_and_a_dead_one_cancelled(
    browser: Browser, gateway: GatewayTester
) -> None:
    [waiting] = await gateway.deliveries(DeliveryState.PENDING)
    dead = (await gateway.deliveries(DeliveryState.DEAD))[0]
    async with visiting(browser, gateway, DO) as visitor:
        page = visitor.page
        await visitor.open(f"/deliveries/{waiting.id}")
        async with page.expect_navigation():  # made pending, due at once
            await page.get_by_role("button", name="Deliver now").click()
        await gateway.settled()
        await page.reload()
        await expect(page.locator("main .badge").first).to_have_text("delivered")
        await visitor.open(f"/deliveries/{dead.id}")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator("main .badge").first).to_have_text("cancelled")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_pages_fit(browser: Browser, gateway: GatewayTester, size: tuple[int, int]) -> None:
    [delivered] = await gateway.deliveries(DeliveryState.DELIVERED)
    async with visiting(browser, gateway, DO, size=size, dark=True) as visitor:
        for path in ("/deliveries", f"/deliveries/{delivered.id}", "/dead-letters", "/bulk/replay", *ENDPOINTS):
            await visitor.open(path)
            await visitor.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert await visitor.overflow() == 0, path


async def test_an_endpoint_is_paused_tested_and_resumed(
    browser: Browser, gateway: GatewayTester, receiver: Receiver
) -> None:
    async with visiting(browser, gateway, DO) as visitor:
        page = visitor.page
        await visitor.open("/endpoints")
        await page.get_by_role("link", name="search-index").click()
        await page.get_by_label("Pause it, because").fill(f"maintenance {HOSTILE}")
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator(".notice")).to_contain_text(f"maintenance {HOSTILE}")
        receiver.answers.append(Answer(418, body=b"a teapot"))
        await page.get_by_role("button", name="Send a test").click()
        await expect(page.get_by_role("status")).to_contain_text("not taken: HTTP 418")
        await page.get_by_role("button", name="Resume").click()
        await expect(page.locator("main .badge").first).to_have_text("active")
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/endpoints/webhook/search-index")
        await expect(visitor.page.get_by_role("button", name="Send a test")).to_have_count(0)


async def test_plugins_are_listed(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/plugins")
        await expect(visitor.page.get_by_role("heading", name="webhook")).to_be_visible()


async def test_what_can_be_chosen_is_what_a_person_knows(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway) as visitor:
        options = visitor.page.locator("select[name=to] option")
        await visitor.open("/deliveries")
        assert await options.all_inner_texts() == ["any target", "webhook:archive", "webhook:search-index"]
        await visitor.open("/deliveries?to=webhook:plan_deliveries")
        assert "webhook:plan_deliveries" in await options.all_inner_texts()
