"""What a plugin gets from a running gateway: storage, sessions, events of its own, and waiting for them in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gateways
import orjson
import pytest
from aiohttp import web

from cockpit_gateway import Delivery, DeliveryState, Event, PluginContext, cockpit_event, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.errors import PluginError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.testing import Receiver
from cockpit_gateway.transports import NetworkSettings, Url

SAVE = b'{"event":"collections.save.after","args":["orders",{"_id":"7","total":3},false]}'


async def failing(gateway: Gateway, which: Callable[[Delivery], object]) -> Delivery:
    """Wait for a delivery with an attempt that failed."""
    async with asyncio.timeout(10):
        while True:
            for found in await gateways.deliveries(gateway):
                if found.attempts and found.reason and which(found):
                    return found
            await asyncio.sleep(0.005)


@cockpit_event("shop.order.paid", subjects=("orders/{order._id}",))
def shop_order_paid(order: Any, event: Event, context: PluginContext) -> None:
    """An order was paid."""


class Shop:
    """Declares an event, and emits it for each saved order."""

    @hookimpl
    def register_events(self) -> list[Callable[..., None]]:
        return [shop_order_paid]

    @hookimpl
    async def collections_save_after(self, name: str, entry: dict[str, Any], context: PluginContext) -> None:
        if name == "orders":
            await context.emit("shop.order.paid", [entry], key=entry["_id"])


class Ledger:
    """Implements another plugin's event, in threads."""

    @hookimpl
    def shop_order_paid(self, order: dict[str, Any], context: PluginContext) -> None:
        sum_before = context.wait(context.storage.get("sum", 0))
        context.wait(context.storage.set("sum", sum_before + order["total"]))


async def test_events_of_a_plugins_own(tmp_path: Path) -> None:
    plugins = {"ledger": Ledger(), "shop": Shop()}
    async with gateways.running(tmp_path, plugins=plugins) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 3)
        [emitted] = await gateway.store.events(EventFilter(name="shop.order.paid"))
        assert await gateway.store.get_value("ledger", "sum") == b"3"
    assert (emitted.source, emitted.label, emitted.subjects) == ("gateway", "shop", ("orders/7",))
    assert emitted.args == [{"_id": "7", "total": 3}]


async def test_an_endpoint_names_them(tmp_path: Path) -> None:
    with Receiver() as receiver:
        endpoint = f"{{url: '{receiver.url}', allow_private: true, events: [shop.order.paid], when: order.total > 2}}"
        yaml = f"sources: {{website: {{}}}}\nplugins: {{webhook: {{endpoints: {{till: {endpoint}}}}}}}\n"
        async with gateways.running(tmp_path, yaml, {"shop": Shop()}) as gateway:
            await gateways.post(gateway, SAVE)
            await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
        assert len(receiver.requests) == 1


class Undeclared:
    @hookimpl
    async def collections_save_after(self, context: PluginContext) -> None:
        await context.emit("shop.order.paid", [])


@pytest.mark.parametrize("plugins", [{"p": Undeclared()}, {"p": Undeclared(), "shop": Shop()}])
async def test_an_event_that_is_not_the_plugins_is_refused(tmp_path: Path, plugins: dict[str, object]) -> None:
    async with gateways.running(tmp_path, plugins=plugins) as gateway:
        await gateways.post(gateway, SAVE.replace(b"orders", b"posts"))
        failed = await failing(gateway, lambda found: found.attempts and found.plugin == "p")
    assert "emits 'shop.order.paid', which it has not declared" in (failed.reason or "")


class Careless:
    @hookimpl
    def register_events(self) -> list[Callable[..., None]]:
        return [shop_order_paid]

    @hookimpl
    async def collections_save_after(self, name: str, context: PluginContext) -> None:
        if name == "posts":
            await context.emit("shop.order.paid", {"_id": "7"})  # type: ignore[arg-type]
        else:
            await context.emit("shop.order.paid", [], key=7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (SAVE.replace(b"orders", b"posts"), "takes a list of the event's arguments, not a dict"),
        (SAVE, "takes text, not a int"),
    ],
)
async def test_an_event_is_emitted_with_a_list_and_a_text(tmp_path: Path, body: bytes, problem: str) -> None:
    async with gateways.running(tmp_path, plugins={"p": Careless()}) as gateway:
        await gateways.post(gateway, body)
        failed = await failing(gateway, lambda found: found.attempts)
    assert problem in (failed.reason or "")


class Impatient:
    @hookimpl
    async def collections_save_after(self, context: PluginContext) -> None:
        context.wait(context.storage.get("key"))


async def test_waiting_on_the_loop_is_refused(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"p": Impatient()}) as gateway:
        await gateways.post(gateway, SAVE)
        failed = await failing(gateway, lambda found: found.attempts)
    assert "use await" in (failed.reason or "")


class Caller:
    """Posts to a URL of its configuration."""

    class Config(PluginConfig):
        url: Url
        network: NetworkSettings = NetworkSettings()

    @hookimpl
    async def collections_save_after(self, entry: dict[str, Any], context: PluginContext) -> None:
        session = context.config.network.session(context.channels)
        assert session is context.config.network.session(context.channels)
        async with session.post(context.config.url, json=entry) as answer:
            answer.raise_for_status()

    @hookimpl
    async def collections_remove_after(self, context: PluginContext) -> None:
        await context.session.get(context.config.url)


async def test_a_session_obeys_the_network_policy(tmp_path: Path) -> None:
    with Receiver() as receiver:
        network = "network: {allow_private: [127.0.0.0/8]}"
        yaml = f"sources: {{website: {{}}}}\nplugins: {{p: {{url: '{receiver.url}', {network}}}}}\n"
        async with gateways.running(tmp_path, yaml, {"p": Caller()}) as gateway:
            await gateways.post(gateway, SAVE)
            await gateways.wait_for(gateway, DeliveryState.DELIVERED, 1)
            await gateways.post(gateway, SAVE.replace(b"save", b"remove"))
            failed = await failing(gateway, lambda found: found.target == "collections_remove_after")
    assert "loopback address, which needs allow_private" in (failed.reason or "")
    assert len(receiver.requests) == 1


class Answering:
    """Answers with what it keeps."""

    @hookimpl
    def register_routes(self, context: PluginContext) -> list[web.RouteDef]:
        async def status(request: web.Request) -> web.Response:
            return web.json_response({"id": request.match_info["id"], "cursor": await context.storage.get("cursor", 0)})

        async def failing(request: web.Request) -> web.Response:
            raise RuntimeError("s3cret")

        return [web.get("/status/{id}", status), web.post("/fail", failing)]


async def test_routes_of_a_plugins_own(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"p": Answering()}, server="base_path: /gateway") as gateway:
        await gateway.store.set_value("p", "cursor", b"7")
        answer = await gateways.raw(gateway, b"GET /gateway/plugins/p/status/9 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (answer.status, orjson.loads(answer.body)) == (200, {"id": "9", "cursor": 7})
        failed = await gateways.post(gateway, b"{}", "/gateway/plugins/p/fail")
        assert (failed.status, b"s3cret" in failed.body) == (500, False)
        assert (await gateways.post(gateway, b"{}", "/gateway/plugins/q/fail")).status == 404


@pytest.mark.parametrize("returned", [["/status"], [web.get("status", lambda _: web.Response())], 7])
async def test_routes_that_are_none_stop_the_start(tmp_path: Path, returned: object) -> None:
    class Mistaken:
        @hookimpl
        def register_routes(self) -> object:
            return returned

    with pytest.raises(PluginError, match="register_routes of plugin p failed"):
        async with gateways.running(tmp_path, plugins={"p": Mistaken()}):
            pass
