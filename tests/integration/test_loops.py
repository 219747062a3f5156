"""Loops: of gateways that deliver to each other, and of a receiver that writes to Cockpit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import gateways
from brokers import BROKER, Broker, save
from gateways import deliveries, eventually, stored

from cockpit_gateway import Delivery, DeliveryState, Event, EventStatus, Response, Target, hookimpl
from cockpit_gateway.delivery.echoes import SUSPICIOUS
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import Receiver
from cockpit_gateway.testing.captures import capture

SAVED = capture("collections.save.after").body
TO = """
sources: {{website: {{}}}}
plugins: {{webhook: {{endpoints: {{next: {{url: '{url}', allow_private: true, events: [collections.save.after]}}}}}}}}
"""


def address(gateway: Gateway) -> str:
    return f"{gateway.listeners.address}/cockpit/website"


async def test_two_gateways_that_deliver_to_each_other_stop_after_one_round(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with_port = gateways.assemble(tmp_path / "a")
    await with_port.start()
    port = with_port.listeners.address.rpartition(":")[2]
    await with_port.stop()
    to_first = TO.format(url=f"http://127.0.0.1:{port}/cockpit/website")
    async with gateways.running(tmp_path / "b", to_first) as second:
        first = gateways.assemble(tmp_path / "a", TO.format(url=address(second)), listen=f"127.0.0.1:{port}")
        await first.start()
        try:
            await gateways.post(first, SAVED)
            await eventually(lambda: b'source="website",status="dropped"} 1.0' in first.metrics.text())
            came, returned = await stored(first)
            (passed_on,) = await stored(second)
        finally:
            await first.stop()
    assert (came.status, len(came.via)) == (EventStatus.ACCEPTED, 1)
    assert passed_on.via == (came.via[0], passed_on.via[1])
    assert (returned.status, returned.problem) == (
        EventStatus.DROPPED,
        "a loop: it has come through this gateway before",
    )


async def test_an_event_that_came_through_too_many_gateways_is_dropped(tmp_path: Path) -> None:
    chain = [f"{number:032x}" for number in range(10)]
    async with gateways.running(tmp_path) as gateway:
        for via in (chain[:9], chain):
            await gateways.post(gateway, SAVED, headers={"Cockpit-Gateway-Via": ", ".join(via)})
        near, far = await stored(gateway)
    assert (near.status, near.via[:-1]) == (EventStatus.ACCEPTED, tuple(chain[:9]))
    assert (far.status, far.problem) == (EventStatus.DROPPED, "a loop is likely: it has come through 10 gateways")


async def test_a_nonsensical_via_header_is_no_obstacle(tmp_path: Path) -> None:
    async with gateways.running(tmp_path) as gateway:
        answer = await gateways.post(gateway, SAVED, headers={"Cockpit-Gateway-Via": "; DROP TABLE," + "x" * 5000})
        (event,) = await stored(gateway)
    assert (answer.status, len(event.via)) == (202, 1)


async def test_what_is_sent_names_this_gateway(tmp_path: Path, receiver: Receiver) -> None:
    async with gateways.running(tmp_path, TO.format(url=receiver.url)) as gateway:
        await gateways.post(gateway, SAVED)
        await eventually(lambda: receiver.requests)
        (event,) = await stored(gateway)
    assert receiver.requests[0].headers.get("Cockpit-Gateway-Via") == event.via[0]


class Echo(Broker):
    """A receiver that writes to Cockpit, which posts the next event."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.gateway: Gateway | None = None
        self.rounds = SUSPICIOUS + 2

    @hookimpl
    async def deliver(self, delivery: Delivery, event: Event) -> Response:
        self.subjects.append(event.subjects[0])
        if len(self.subjects) <= self.rounds and self.gateway is not None:
            await gateways.post(self.gateway, save("posts", "1"))
        return Response(None)


async def test_a_receiver_that_causes_the_next_event_is_noticed(tmp_path: Path) -> None:
    echo = Echo(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": echo}) as echo.gateway:
        await gateways.post(echo.gateway, save("posts", "1"))
        await eventually(lambda: len(echo.subjects) > echo.rounds)
        own = [event for event in await stored(echo.gateway) if event.source == "gateway"]
    assert [(event.name, event.args) for event in own] == [
        ("gateway.target.looping", ["broker", "queue", "collections/posts/1", SUSPICIOUS])
    ]


async def test_a_loop_can_pause_its_target(tmp_path: Path) -> None:
    echo = Echo(Target("queue", pauses_loops=True))
    echo.rounds = 1000
    async with gateways.running(tmp_path, plugins={"broker": echo}) as echo.gateway:
        await gateways.post(echo.gateway, save("posts", "1"))
        await gateways.wait_for(echo.gateway, DeliveryState.PENDING)
        report = await echo.gateway.administration.target(BROKER)
    assert report.state == "paused"
    assert (report.reason or "").startswith("a loop is likely: 20 times in a row")
    assert len(echo.subjects) < SUSPICIOUS + 5


async def test_many_edits_of_one_entry_are_no_loop(tmp_path: Path) -> None:
    broker = Broker(Target("queue", concurrency=1))
    broker.gate.clear()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await asyncio.gather(*(gateways.post(gateway, save("posts", "1")) for _ in range(3 * SUSPICIOUS)))
        broker.gate.set()
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 3 * SUSPICIOUS)
        assert len(await deliveries(gateway)) == 3 * SUSPICIOUS
        assert not [event for event in await stored(gateway) if event.source == "gateway"]
