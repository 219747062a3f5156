"""The pictures of the documentation: `pytest tests/browser/test_pictures.py --screenshots` takes them anew."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browser_kit import NARROW, WIDE, visiting
from console_kit import ALL, API
from playwright.async_api import Browser, expect

from cockpit_gateway.clock import Clock
from cockpit_gateway.testing import Answer, FakeClock, GatewayTester, Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MINUTES = 40
EVENTS = (
    "collections.save.after",
    "collections.save.after",
    "singleton.saveData.after",
    "cockpit.assets.save",
    "forms.submit.after",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayTester]:
    """Run a gateway that has had a busy hour; one of its endpoints is down."""
    with Receiver() as well, Receiver() as moody:
        config = f"""{API}
sources: {{website: {{}}}}
plugins:
  webhook:
    endpoints:
      search-index: {{url: "{well.url}", allow_private: true, events: ["collections.*", "singleton.*"]}}
      rebuild-site: {{url: "{moody.url}", allow_private: true, events: ["collections.*"], disable_after: 76h}}
      office-mail: {{url: "{well.url}", allow_private: true, events: [forms.submit.after]}}
      thumbnails: {{url: "{well.url}", allow_private: true, events: ["cockpit.assets.*"], active: false}}
"""
        chance = random.Random(7)
        clock: Clock = FakeClock()
        async with GatewayTester(tmp_path_factory.mktemp("gateway"), config, clock=clock) as running:
            for minute in range(MINUTES):
                moody.usual = Answer(503 if minute in (9, 10, 11) or minute > 36 else 200)
                for _ in range(chance.randrange(1, 6)):
                    await running.fire(chance.choice(EVENTS))
                await running.let_pass(60)
            await running.fire("collections.save.after")
            yield running


@pytest.fixture
def folder(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Return where pictures go: into the documentation, if they are wanted."""
    return IMAGES if pytestconfig.getoption("--screenshots", default=False) else tmp_path


async def test_pages(browser: Browser, gateway: GatewayTester, folder: Path) -> None:
    async with visiting(browser, gateway, ALL, size=WIDE) as visitor:
        await expect(visitor.page.locator("svg")).to_have_count(3)
        await visitor.photograph(folder / "console-overview.png")
        await visitor.page.get_by_role("link", name="collections.save.after").first.click()
        await expect(visitor.page.locator(".tree")).to_be_visible()
        await visitor.photograph(folder / "console-event.png")
        await visitor.open("/webhooks")
        await expect(visitor.page.get_by_role("heading", name="Create a webhook")).to_be_visible()
        await visitor.photograph(folder / "console-webhook.png")


async def test_the_dark_theme(browser: Browser, gateway: GatewayTester, folder: Path) -> None:
    async with visiting(browser, gateway, ALL, size=WIDE, dark=True) as visitor:
        await visitor.open("/endpoints")
        await expect(visitor.page.get_by_role("heading", name="Endpoints")).to_be_visible()
        await visitor.photograph(folder / "console-dark.png")


async def test_a_narrow_screen(browser: Browser, gateway: GatewayTester, folder: Path) -> None:
    async with visiting(browser, gateway, ALL, size=NARROW) as visitor:
        await visitor.open("/tail")
        await expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
        await visitor.photograph(folder / "console-narrow.png")
