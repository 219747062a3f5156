"""Lists: every one comes in pages, all in the same way."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from api_kit import Client, remote

from cockpit_gateway.testing import GatewayTester


@pytest.mark.parametrize("kind", ["events", "deliveries", "targets", "plugins"])
@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_pages_hold_everything_once(gateway: GatewayTester, client: Client, kind: str, limit: int) -> None:
    for _ in range(3):
        await gateway.fire("collections.save.after")
    whole = (await client.get(f"{kind}?limit=1000")).document
    pages = [(await client.get(f"{kind}?limit={limit}")).document]
    while pages[-1]["next"] is not None:
        pages.append((await client.get(f"{kind}?limit={limit}&cursor={pages[-1]['next']}")).document)
    assert whole["next"] is None
    assert len(whole[kind]) >= 2
    assert [row for page in pages for row in page[kind]] == whole[kind]
    assert all(len(page[kind]) == limit for page in pages[:-1])
    assert len(pages[-1][kind]) <= limit


async def test_the_next_page_is_linked_with_the_filters(gateway: GatewayTester) -> None:
    for _ in range(2):
        await gateway.fire("collections.save.after")
    async with remote(gateway) as client:
        first = await client.get("events?limit=1&name=collections.save.after")
        link, relation = first.headers["Link"].removeprefix("<").split(">; ")
        second = await client.get(link)
        last = await client.get(second.headers["Link"].removeprefix("<").split(">; ")[0])
    assert relation == 'rel="next"'
    assert "name=collections.save.after" in link
    assert [event["seq"] for event in first.document["events"] + second.document["events"]] == [2, 1]
    assert (last.document["events"], "Link" in last.headers) == ([], False)


async def test_a_page_goes_on_where_it_ended_whatever_comes_in(gateway: GatewayTester, client: Client) -> None:
    first = await gateway.fire("collections.save.after")
    await gateway.fire("collections.save.after")
    page = (await client.get("events?limit=1")).document
    await gateway.fire("collections.save.after")
    following = (await client.get(f"events?limit=1&cursor={page['next']}")).document
    assert [event["id"] for event in following["events"]] == [first.id]


@pytest.mark.parametrize("text", ["", "7", "x" * 9, "W10", "WyJldmVudHMiLC0xXQ", "WyJldmVudHMiLCI3Il0", "é", "bnVsbA"])
async def test_a_cursor_of_ones_own_is_refused(client: Client, text: str) -> None:
    answer = await client.get(f"events?cursor={quote(text)}")
    assert (answer.status, answer.document["errors"][0]["name"]) == (400, "cursor")
    assert "the `next` of the answer before" in answer.document["detail"]


async def test_a_cursor_of_another_list_is_refused(gateway: GatewayTester, client: Client) -> None:
    for _ in range(2):
        await gateway.fire("collections.save.after")
    page = (await client.get("deliveries?limit=1")).document
    assert (await client.get(f"events?cursor={page['next']}")).status == 400
