"""The live tail: events as they come, paused, filtered, and none missed while the gateway was away."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import web
from browser_kit import visiting
from console_kit import API, SEE
from playwright.async_api import Browser, Route, expect

from cockpit_gateway.testing import GatewayTester

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_events_come_and_wait_while_it_is_paused(browser: Browser, gateway: GatewayTester) -> None:
    await gateway.fire("forms.save.after")
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/tail")
        names = visitor.page.locator("tbody th a")
        await expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
        await gateway.fire("collections.save.after")
        await expect(names).to_have_text(["collections.save.after", "forms.save.after"])
        await visitor.page.get_by_role("button", name="Pause").click()
        await gateway.fire("singleton.saveData.after")
        go_on = visitor.page.get_by_role("button", name="Go on (1 new)")
        await expect(go_on).to_be_visible()
        await expect(names).to_have_count(2)
        await go_on.click()
        await expect(names).to_have_text(["singleton.saveData.after", "collections.save.after", "forms.save.after"])
        await expect(visitor.page.locator("[data-tail-told]")).to_have_text(re.compile("new event"), timeout=12_000)


async def test_a_filter_shows_what_begins_so(browser: Browser, gateway: GatewayTester) -> None:
    await gateway.fire("singleton.saveData.after")
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/tail?name=coll&subject=collections/posts")
        await expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
        await gateway.fire("singleton.saveData.after")
        await gateway.fire("collections.remove.after")
        await expect(visitor.page.locator("tbody th a")).to_have_text(["collections.remove.after"])


async def test_what_came_during_a_restart_is_shown(browser: Browser, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(GatewayTester(tmp_path, API))
        address = first.gateway.listeners.api_address.removeprefix("http://")
        visitor = await stack.enter_async_context(visiting(browser, first, SEE))
        await visitor.open("/tail")
        await first.fire("collections.save.after")
        names = visitor.page.locator("tbody th a")
        await expect(names).to_have_count(1)
        await first.gateway.stop()
        await expect(visitor.page.get_by_text("connecting")).to_be_visible()
        second = GatewayTester(tmp_path, API.replace("127.0.0.1:0", address))
        await stack.enter_async_context(second)
        await second.fire("singleton.saveData.after")
        await expect(names).to_have_text(["singleton.saveData.after", "collections.save.after"], timeout=20_000)
        visitor.complaints.clear()  # the browser tells that nobody answered


async def test_an_answer_that_is_no_stream_does_not_end_it(browser: Browser, gateway: GatewayTester) -> None:
    """As of a proxy, while the gateway behind it restarts."""
    answers = [HTTPStatus.OK, HTTPStatus.BAD_GATEWAY]

    async def answer(route: Route) -> None:
        status = answers.pop() if answers else None
        if status is None:
            await route.continue_()
        else:
            headers = {"Content-Type": "text/event-stream"} if status == HTTPStatus.OK else {}
            await route.fulfill(status=status, headers=headers, body="id: 1\ndata: <tr><th>told</th></tr>\n\n")

    async with visiting(browser, gateway, SEE) as visitor:
        await gateway.fire("collections.save.after")
        await visitor.page.route("**/tail/stream?*", answer)
        await visitor.open("/tail")
        await gateway.fire("singleton.saveData.after")
        names = visitor.page.locator("tbody th")
        await expect(names).to_have_text(["singleton.saveData.after", "told", "collections.save.after"], timeout=20_000)
        await expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
        visitor.complaints.clear()  # the browser names the 502


async def test_who_has_logged_out_meanwhile_is_asked_to_log_in(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/tail")
        await expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
        await visitor.page.context.clear_cookies()
        await gateway.gateway.console._tail.end(web.Application())
        await expect(visitor.page.get_by_label("Token of a client")).to_be_visible(timeout=20_000)
        visitor.complaints.clear()  # the browser names the way to the login, which is no stream
