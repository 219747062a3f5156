"""Events in the console: found, read however hostile they are, and replayed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uuid_utils
from browser_kit import NARROW, visiting
from console_kit import API, DO, SEE
from playwright.async_api import Browser, expect

from cockpit_gateway.events import Event
from cockpit_gateway.testing import GatewayTester, Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"' onmouseover=document.title='taken' x=\"",
    "javascript:document.title='taken'",
    "{{ 7 * 7 }}{% raw %}",
    "</textarea></title></style>]]>-->",
    "\u202eevil\u0000\u2028\ufeff",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> AsyncIterator[GatewayTester]:
    config = f"""{API}
sources: {{website: {{}}, magazine: {{}}}}
plugins:
  webhook:
    endpoints:
      search-index: {{url: "{receiver.url}", allow_private: true, events: [collections.save.after]}}
      purge-cache: {{url: "{receiver.url}", allow_private: true, events: [singleton.saveData.after]}}
"""
    async with GatewayTester(tmp_path_factory.mktemp("gateway"), config) as running:
        yield running


async def test_filters_and_pages(browser: Browser, gateway: GatewayTester) -> None:
    for number in range(60):
        await gateway.fire("forms.save.after", name=f"form-{number}")
    async with visiting(browser, gateway, SEE) as visitor:
        page = visitor.page
        await visitor.open("/events?name=forms.save.after")
        await expect(page.locator("tbody tr")).to_have_count(50)
        await page.get_by_role("link", name="Older").click()
        await expect(page.locator("tbody tr")).to_have_count(10)
        await page.get_by_role("link", name="Newest").click()
        await expect(page.locator("tbody tr")).to_have_count(50)
        await page.get_by_label("Subject").fill("forms/form-7")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.get_by_label("From").fill("2099-01-01T00:00")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.get_by_text("No event fits.")).to_be_visible()


async def test_search(browser: Browser, gateway: GatewayTester) -> None:
    event = await gateway.fire("collections.save.after")
    async with visiting(browser, gateway, SEE) as visitor:
        field = visitor.page.get_by_role("searchbox", name="Search")
        for words, label in (("magazine", "Source"), ("collections/posts", "Subject"), ("forms.save.after", "Name")):
            await field.fill(words)
            await field.press("Enter")
            await expect(visitor.page.get_by_label(label, exact=True)).to_have_value(words)
        await field.fill(event.id.upper())
        await field.press("Enter")
        await expect(visitor.page.get_by_role("heading", name=event.name)).to_be_visible()


async def test_what_cockpit_sent_is_shown_and_does_nothing(browser: Browser, gateway: GatewayTester) -> None:
    nasty = {payload: payload for payload in HOSTILE}
    envelope = {"event": "collections.save.after", "hook": HOSTILE[0], "backend": 1}
    body = json.dumps(envelope | {"args": [HOSTILE[1], nasty | {"_id": HOSTILE[2]}, HOSTILE]}).encode()
    event = await gateway.post(body, f"website/{'%3Cb%3E'}")
    unnamed = await gateway.post(b"<script>document.title='taken'</script>")
    odd = await gateway.post(json.dumps({"event": HOSTILE[0], "hook": None, "args": []}).encode())
    async with visiting(browser, gateway, SEE) as visitor:
        for path in (*(f"/events/{found.id}" for found in (event, unnamed, odd)), "/events", "/", "/tail"):
            await visitor.open(path)
            await expect(visitor.page.locator("h1")).to_be_visible()
            assert "taken" not in (await visitor.page.title()).replace(HOSTILE[0], "")
            assert await visitor.page.locator("main img:not([alt='']), main script").count() == 0
        await visitor.open(f"/events/{event.id}")
        assert set(HOSTILE[:4]) <= set(await visitor.page.locator(".tree .text").all_inner_texts())


async def test_a_large_and_a_deep_body(browser: Browser, gateway: GatewayTester) -> None:
    deep = f'{{"event":"error","hook":"h","backend":1,"args":[{"[" * 500}{"]" * 500}]}}'
    rows = [{"number": number, "text": "x" * 1000} for number in range(10_000)]
    large = json.dumps({"event": "collections.save.after", "hook": "h", "args": ["posts", {"rows": rows}]})
    async with visiting(browser, gateway, SEE, size=NARROW) as visitor:
        for body in (deep, large):
            event = Event(str(uuid_utils.uuid7()), "error", "website", body.encode(), 0.0)
            await gateway.gateway.store.accept(event, [])
            await visitor.open(f"/events/{event.id}")
            await expect(visitor.page.locator(".tree")).to_be_visible()
            assert len(await visitor.page.content()) < 1_000_000
            assert await visitor.overflow() == 0
            async with visitor.page.expect_download() as download:
                await visitor.page.get_by_role("link", name="Body").click()
            assert (await (await download.value).path()).read_bytes() == event.body


async def test_a_replay_says_what_it_would_do_and_does_it(
    browser: Browser, gateway: GatewayTester, receiver: Receiver
) -> None:
    event = await gateway.fire("singleton.saveData.after")
    await gateway.settled()
    before = len(receiver.requests)
    async with visiting(browser, gateway, DO) as visitor:
        await visitor.open(f"/events/{event.id}")
        await visitor.page.get_by_role("link", name="Replay").click()
        await expect(visitor.page.locator("tbody tr")).to_have_text(
            ["webhook purge-cache It was delivered there before. 1"]
        )
        assert len(receiver.requests) == before
        await visitor.page.get_by_role("button", name="Replay").click()
        await expect(visitor.page.get_by_role("status")).to_have_text("Replayed: 1 delivery was made.")
        await gateway.settled()
        assert len(receiver.requests) == before + 1


async def test_where_it_went_and_why_it_went_nowhere_else(browser: Browser, gateway: GatewayTester) -> None:
    event = await gateway.fire("collections.save.after")
    await gateway.settled()
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open(f"/events/{event.id}")
        went = visitor.page.get_by_role("region", name="Where it went")
        await expect(went.locator("tbody tr")).to_have_count(1)
        await expect(went).to_contain_text("delivered in attempt 1")
        await expect(went).to_contain_text("Planned, because events has collections.save.after")
        not_gone = visitor.page.get_by_role("region", name="Where it did not go, and why")
        await expect(not_gone.locator("tbody tr")).to_have_count(1)
        await expect(not_gone).to_contain_text("none of its events matches collections.save.after")


async def test_whoever_only_sees_replays_nothing(browser: Browser, gateway: GatewayTester) -> None:
    event = await gateway.fire("singleton.saveData.after")
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open(f"/events/{event.id}")
        await expect(visitor.page.get_by_role("link", name="Replay")).to_have_count(0)
        await visitor.open(f"/events/{event.id}/replay")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("seer may read, and this needs operate")
        visitor.complaints.clear()  # the browser names the 403


async def test_what_is_not_there(browser: Browser, gateway: GatewayTester) -> None:
    async with visiting(browser, gateway, SEE) as visitor:
        await visitor.open("/events/<b>none")
        await expect(visitor.page.get_by_role("alert")).to_have_text("there is no event <b>none")
        visitor.complaints.clear()  # the browser names the 404
