"""Calls of hooks, told to whoever watches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from cockpit_gateway import Drop, Event, Reject, hookimpl
from cockpit_gateway.gateway import admin_socket_path
from cockpit_gateway.testing import GatewayTester, StartGateway
from cockpit_gateway.web.api import traces

SECRET = "swordfish-swordfish"
CONFIG = f"sources: {{website: {{tokens: [{SECRET}]}}}}"


class Search:
    @hookimpl
    async def collections_save_after(self, name: str, entry: dict[str, Any]) -> None:
        if entry["title"] == "bad":
            raise Reject(f"no index for {SECRET}")
        await asyncio.sleep(0)

    @hookimpl
    def collections_remove_after(self, name: str) -> None:
        """Blocks, in a thread."""

    @hookimpl
    def filter_event(self, event: Event) -> None:
        if event.collection == "drafts":
            raise Drop("nobody's business")


@asynccontextmanager
async def watching(gateway: GatewayTester, query: str = "") -> AsyncIterator[aiohttp.StreamReader]:
    """Watch as the command line does."""
    connector = aiohttp.UnixConnector(str(admin_socket_path(gateway.gateway.settings)))
    url = f"http://gateway/api/v1/plugins/trace{query}"
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        yield answer.content


async def line(content: aiohttp.StreamReader) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await content.readline())


async def save(gateway: GatewayTester, **changes: Any) -> Event:
    body = json.dumps(
        {"event": "collections.save.after", "args": ["posts", {"_id": "7", "title": "t"} | changes, True]}
    )
    return await gateway.post(body.encode(), headers={"X-Gateway-Token": SECRET})


async def test_a_call_its_time_and_what_came_of_it(gateway_tester: StartGateway) -> None:
    async with (
        gateway_tester(CONFIG, plugins={"search": Search}) as gateway,
        watching(gateway, "?plugin=search") as calls,
    ):
        event = await save(gateway)
        filtered, handled = await line(calls), await line(calls)
    assert (filtered["hook"], filtered["plugin"], filtered["error"]) == ("filter_event", "search", None)
    assert (handled["hook"], handled["event_id"], handled["subjects"]) == (
        "collections_save_after",
        event.id,
        ["collections/posts/7"],
    )
    assert 0 < handled["seconds"] < 10
    assert handled["arguments"] is None


async def test_arguments_on_request_in_brief(gateway_tester: StartGateway) -> None:
    tester = gateway_tester(CONFIG, plugins={"search": Search})
    async with tester as gateway, watching(gateway, "?hook=collections_save_after&arguments=true") as calls:
        await save(gateway, text="x" * 10_000)
        arguments = (await line(calls))["arguments"]
    assert arguments["name"] == '"posts"'
    assert arguments["entry"].startswith('{"_id": "7", "title": "t", "text": "xxx')
    assert len(arguments["entry"]) == traces.LONGEST_ARGUMENT + 1


async def test_an_error_with_the_line_and_without_secrets(gateway_tester: StartGateway) -> None:
    tester = gateway_tester(CONFIG, plugins={"search": Search})
    async with tester as gateway, watching(gateway, "?hook=collections_save_after") as calls:
        await save(gateway, title="bad")
        failed = await line(calls)
    assert failed["error"].startswith("Reject: no index for ")
    assert SECRET not in json.dumps(failed)
    path, _, number = failed["where"].rpartition(":")
    assert path == __file__
    assert int(number) == Search.collections_save_after.__code__.co_firstlineno + 3


async def test_only_what_is_wanted(gateway_tester: StartGateway) -> None:
    tester = gateway_tester(CONFIG, plugins={"search": Search, "other": Search})
    async with tester as gateway, watching(gateway, "?plugin=other&hook=collections_remove_after") as calls:
        await save(gateway)
        body = b'{"event":"collections.remove.after","args":["posts",1]}'
        await gateway.post(body, headers={"X-Gateway-Token": SECRET})
        found = await line(calls)
    assert (found["plugin"], found["hook"], found["missed"]) == ("other", "collections_remove_after", 0)


async def test_a_slow_watcher_is_told_how_much_it_missed(
    gateway_tester: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MOST_WAITING", 1)
    async with gateway_tester(CONFIG, plugins={"search": Search}) as gateway, watching(gateway) as calls:
        missed = shown = 0
        while not missed:
            await asyncio.gather(*[save(gateway) for _ in range(10)])
            await gateway.settled()
            for _ in range(2):
                missed += (await line(calls))["missed"]
                shown += 1
    assert missed + shown <= 20 * 10


async def test_watchers_are_few_and_cost_nothing_when_gone(
    gateway_tester: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MOST_WATCHERS", 1)
    monkeypatch.setattr(traces, "SIGN_OF_LIFE", 0.01)
    async with gateway_tester(CONFIG) as gateway:
        before = gateway.gateway.registry.trace.watchers
        async with watching(gateway) as first:
            with pytest.raises(AssertionError, match="1 watch already"):
                async with watching(gateway):
                    pass
            assert await first.readline() == b"\n"
        async with asyncio.timeout(10):
            while gateway.gateway.registry.trace.watchers != before:
                await asyncio.sleep(0.005)
        async with watching(gateway):
            pass


async def test_the_gateways_end_is_the_end(gateway_tester: StartGateway) -> None:
    async with gateway_tester(CONFIG) as gateway:
        stack = watching(gateway)
        calls = await stack.__aenter__()
    assert await calls.read() == b""
    await stack.__aexit__(None, None, None)


async def test_the_kit_notes_calls(gateway_tester: StartGateway) -> None:
    async with gateway_tester(plugins={"search": Search}) as gateway:
        await gateway.fire("collections.remove.after", name="posts")
        await gateway.fire("collections.save.after", name="drafts", entry={"_id": "1"})
        await gateway.settled()
    called = [(call.hook, call.arguments.get("name")) for call in gateway.calls if call.plugin == "search"]
    assert sorted(called, key=str) == [
        ("collections_remove_after", "posts"),
        ("filter_event", None),
        ("filter_event", None),
    ]
    assert [type(call.error) for call in gateway.calls if call.error] == [Drop]


async def test_a_watcher_that_fails_changes_nothing(gateway_tester: StartGateway) -> None:
    def fail(_call: object) -> None:
        raise RecursionError

    async with gateway_tester(CONFIG, plugins={"search": Search}) as gateway:
        with gateway.gateway.registry.trace.watch(fail):
            event = await save(gateway)
            [delivery] = await gateway.settled()
    assert (event.status, delivery.state, delivery.attempts) == ("accepted", "delivered", 1)
