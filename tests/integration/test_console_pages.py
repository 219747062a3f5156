"""The console's pages, where it takes no browser to see what they say."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from console_kit import API, Browserless
from gateways import eventually

from cockpit_gateway import DeliveryState, hookimpl
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.testing import StartGateway


async def test_a_webhook_can_be_of_every_source_that_there_is_now(gateway_tester: StartGateway) -> None:
    async with gateway_tester(f"sources: {{website: {{}}}}\n{API}") as gateway, Browserless(gateway) as client:
        await client.log_in()
        await gateway.reload(f"sources: {{magazine: {{}}}}\n{API}")
        form = await (await client.get("/console/webhooks")).text()
    assert ("magazine" in form, "website" in form) == (True, False)


class Slow:
    def __init__(self) -> None:
        self.gate = asyncio.Event()

    @hookimpl
    async def collections_save_after(self) -> None:
        await self.gate.wait()


async def test_what_is_being_delivered_is_not_delivered_again_meanwhile(gateway_tester: StartGateway) -> None:
    slow = Slow()
    async with gateway_tester(API, plugins={"slow": slow}) as gateway, Browserless(gateway) as client:
        token = await client.log_in()
        await gateway.fire("collections.save.after")
        await eventually(lambda: gateway.gateway.dispatcher.running)
        [delivery] = await gateway.deliveries(DeliveryState.RUNNING)
        answer = await client.post(f"/console/deliveries/{delivery.id}/replay", {"form_token": token})
        slow.gate.set()
    assert (answer.status, "being delivered just now" in await answer.text()) == (HTTPStatus.CONFLICT, True)


async def test_who_names_no_target_of_a_plugin_means_none_rather_than_all(gateway_tester: StartGateway) -> None:
    async with gateway_tester(API, plugins={"slow": Slow()}) as gateway, Browserless(gateway) as client:
        await client.log_in()
        for path in ("/console/deliveries", "/console/bulk/cancel"):
            assert (await client.get(f"{path}?to=collections_save_after")).status == HTTPStatus.BAD_REQUEST
            assert (await client.get(f"{path}?to=slow:collections_save_after")).status == HTTPStatus.OK


async def test_a_bulk_change_takes_all_states_that_were_shown(gateway_tester: StartGateway) -> None:
    async with gateway_tester(API, plugins={"slow": Slow()}) as gateway, Browserless(gateway) as client:
        await client.log_in()
        await gateway.gateway.administration.pause(TargetId("slow", "collections_save_after"), None)
        await gateway.fire("collections.save.after")
        page = await (await client.get("/console/bulk/cancel?state=pending&state=dead")).text()
        fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page)
        answer = await client.post("/console/bulk/cancel", fields)
        assert "1 cancelled" in await answer.text()
