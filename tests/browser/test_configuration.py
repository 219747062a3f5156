"""The page of the configuration, with the reload of a file that is right, and of one that is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from browser_kit import NARROW, WIDE, visiting
from console_kit import ALL, API, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway.config import ConfigFile
from cockpit_gateway.testing import GatewayTester

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENDPOINT = """
plugins:
  webhook:
    endpoints:
      search: {url: "https://search.example.org/?key=swordfish", bearer: swordfish, events: [collections.*]}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayTester]:
    async with GatewayTester(tmp_path, API + ENDPOINT) as gateway:
        yield gateway


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_every_setting_is_shown_with_its_origin_and_no_secret(
    browser: Browser, gateway: GatewayTester, size: tuple[int, int]
) -> None:
    async with visiting(browser, gateway, SEE, size=size) as visitor:
        await visitor.open("/configuration")
        row = visitor.page.get_by_role("row").filter(has_text="endpoints.search.bearer")
        await expect(row).to_contain_text("***")
        await expect(row).to_contain_text("test.yaml:")
        await expect(visitor.page.get_by_role("row").filter(has_text="server.max_body")).to_contain_text("default")
        await expect(visitor.page.get_by_role("button", name="Reload")).to_have_count(0)
        assert "swordfish" not in await visitor.page.content()
        assert "a-token" not in await visitor.text()
        assert await visitor.overflow() == 0


async def test_a_reload_tells_what_is_another_and_what_is_wrong(
    browser: Browser, gateway: GatewayTester, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "good": API + ENDPOINT.replace("collections.*", "forms.*"),
        "bad": API + ENDPOINT.replace("bearer", "berer"),
    }

    def become(which: str) -> None:
        text = "sources: {website: {}}\n" + texts[which]
        monkeypatch.setattr(ConfigFile, "read_again", lambda _: ConfigFile.from_text(text, "test.yaml"))

    async with visiting(browser, gateway, ALL) as visitor:
        page = visitor.page
        await visitor.open("/configuration")
        become("good")
        await page.get_by_role("button", name="Reload").click()
        await expect(page.get_by_role("status")).to_contain_text("plugins.webhook.endpoints.search.events changed")
        become("bad")
        await page.get_by_role("button", name="Reload").click()
        await expect(page.get_by_role("alert")).to_contain_text("did you mean 'bearer'")
        visitor.complaints.clear()  # the browser names the 422
        assert "swordfish" not in await page.content()
