"""Planned deliveries: limits, order, coalescing, disabling, as any plugin's targets get them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import gateways
import pytest
from brokers import BROKER, Broker, remove, save
from gateways import deliveries, wait_for

from cockpit_gateway import (
    Coalesce,
    DeliveryState,
    Planned,
    Rate,
    Reject,
    Response,
    Retry,
    RetrySchedule,
    Target,
    hookimpl,
)
from cockpit_gateway.deliveries import Hold


async def test_a_planned_delivery_is_made_and_its_answer_kept(tmp_path: Path) -> None:
    broker = Broker(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        (delivery,) = await wait_for(gateway, DeliveryState.DELIVERED)
        (attempt,) = await gateway.store.attempts(delivery.id)
    assert broker.subjects == ["collections/posts/1"]
    assert attempt.response == Response(None, body=b"queue")


async def test_no_more_attempts_at_once_than_the_target_allows(tmp_path: Path) -> None:
    broker = Broker(Target("queue", concurrency=3))
    broker.gate.clear()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(12):
            await gateways.post(gateway, save("posts", str(number)))
        await gateways.eventually(lambda: broker.running == 3)
        broker.gate.set()
        await wait_for(gateway, DeliveryState.DELIVERED, 12)
    assert broker.most_running == 3


async def test_the_rate_is_kept(tmp_path: Path) -> None:
    broker = Broker(Target("queue", rate=Rate(20)))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(30):
            await gateways.post(gateway, save("posts", str(number)))
        await wait_for(gateway, DeliveryState.DELIVERED, 30)
    # A burst of 20, and then one every 50 ms: never more than 20 + 20 t in any t seconds.
    for first, began in enumerate(broker.times):
        for last in range(first, len(broker.times)):
            assert last - first + 1 <= 20 + 20 * (broker.times[last] - began) + 1.5


async def test_an_ordered_target_keeps_the_order_of_each_subject_through_failures(tmp_path: Path) -> None:
    broker = Broker(Target("queue", ordered=True, schedule=RetrySchedule((0.0, *[0.01] * 20))))
    broker.failures = [Retry("busy", after=0.02), ValueError("boom"), Retry("busy", after=0.01)]
    posted = [("a", "1"), ("b", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("a", "1")]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for collection, entry in posted:
            await gateways.post(gateway, save(collection, entry))
        await gateways.post(gateway, remove("a"))
        await gateways.post(gateway, save("a", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED, 8)
    of_a = [subject for subject in broker.subjects if subject.startswith("collections/a")]
    assert sorted(of_a[:4]) == ["collections/a/1"] * 3 + ["collections/a/2"]
    assert of_a[4:] == ["collections/a", "collections/a/1"]


async def test_a_dead_head_releases_its_followers(tmp_path: Path) -> None:
    broker = Broker(Target("queue", ordered=True))
    broker.failures = [Reject("unusable")]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("a", "1"))
        await gateways.post(gateway, save("a", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED)
        await wait_for(gateway, DeliveryState.DEAD)


@pytest.mark.parametrize(("keep", "kept"), [("last", 4), ("first", 0)])
async def test_a_burst_is_coalesced_into_one_delivery(tmp_path: Path, keep: str, kept: int) -> None:
    rule = Coalesce(wait=0.3, max_wait=10.0, keep=keep)  # type: ignore[arg-type]
    broker = Broker(Target("queue", coalesce=rule), [Planned("queue", key="")])
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(5):
            await gateways.post(gateway, save("posts", str(number)))
        (delivered,) = await wait_for(gateway, DeliveryState.DELIVERED)
        superseded = await wait_for(gateway, DeliveryState.SUPERSEDED, 4)
        assert len(await deliveries(gateway)) == 5
    assert broker.subjects == [f"collections/posts/{kept}"]
    assert delivered.id in {delivery.superseded_by for delivery in superseded}


async def test_a_target_that_is_gone_is_disabled_and_its_deliveries_are_held(tmp_path: Path) -> None:
    broker = Broker(Target("queue"))
    broker.failures = [Reject("HTTP 410 Gone", disable_target=True)]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("a", "1"))
        await wait_for(gateway, DeliveryState.DEAD)
        await gateways.eventually(lambda: gateway.dispatcher.held(BROKER) == (Hold.DISABLED, "HTTP 410 Gone"))
        await gateways.post(gateway, save("a", "2"))
        (held,) = await wait_for(gateway, DeliveryState.PENDING)
        assert gateway.administration.held(held) == "disabled"
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        (report,) = [found for found in await gateway.administration.targets() if found.target_id == BROKER]
        assert (report.state, report.reason, report.pending) == ("disabled", "HTTP 410 Gone", 1)
        await gateway.administration.enable(BROKER)
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert broker.subjects == ["collections/a/2"]


async def test_what_is_under_way_while_a_target_is_disabled_is_held_too(tmp_path: Path) -> None:
    broker = Broker(Target("queue", concurrency=1))
    broker.failures = [Reject("gone", disable_target=True)]
    broker.gate.clear()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(5):
            await gateways.post(gateway, save("a", str(number)))
        posts = [asyncio.create_task(gateways.post(gateway, save("b", str(number)))) for number in range(20)]
        broker.gate.set()
        await asyncio.gather(*posts)
        held = await wait_for(gateway, DeliveryState.PENDING, 24)
        assert {gateway.administration.held(delivery) for delivery in held} == {"disabled"}
        await gateway.administration.enable(BROKER)
        await wait_for(gateway, DeliveryState.DELIVERED, 24)


async def test_a_changed_fingerprint_enables_a_target_again(tmp_path: Path) -> None:
    broker = Broker(Target("queue", fingerprint="http://old"))
    broker.failures = [Reject("gone", disable_target=True)]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("a", "1"))
        await gateways.eventually(lambda: gateway.dispatcher.held(BROKER) == (Hold.DISABLED, "gone"))
    broker.target = Target("queue", fingerprint="http://new")
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        assert gateway.dispatcher.held(BROKER) is None


async def test_deliveries_of_a_target_that_is_gone_from_the_configuration_are_held(tmp_path: Path) -> None:
    broker = Broker(Target("queue"))
    broker.failures = [Retry("busy", after=3600)]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("a", "1"))
        await gateways.eventually(lambda: not broker.failures)
    async with gateways.running(tmp_path) as gateway:
        (delivery,) = await deliveries(gateway)
        assert delivery.state is DeliveryState.PENDING
        assert gateway.administration.held(delivery) == "no target"


async def test_a_planner_that_fails_plans_again_later(tmp_path: Path) -> None:
    class Moody(Broker):
        moods = 2

        @hookimpl
        def plan_deliveries(self) -> Sequence[Planned]:
            self.moods -= 1
            if self.moods >= 0:
                raise Retry("not now", after=0.01)
            return self.planned

    moody = Moody(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": moody}) as gateway:
        answer = await gateways.post(gateway, save("a", "1"))
        assert answer.status == 202
        found = await wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert {delivery.target for delivery in found} == {"plan_deliveries", "queue"}
    assert moody.subjects == ["collections/a/1"]


async def test_a_planner_that_names_no_target_is_a_failure_that_says_so(tmp_path: Path) -> None:
    broker = Broker(Target("queue"), [Planned("quue")])
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("a", "1"))
        async with asyncio.timeout(gateways.PATIENCE):
            while "names the target 'quue'" not in ((await deliveries(gateway))[0].reason or ""):
                await asyncio.sleep(0.005)


async def test_a_slow_planner_does_not_hold_the_loop_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit_gateway.delivery.planning.PLANNING_BUDGET", 0.005)
    planning_threads: list[str] = []

    class Slow(Broker):
        @hookimpl
        def plan_deliveries(self) -> Sequence[Planned]:
            import threading  # noqa: PLC0415

            planning_threads.append(threading.current_thread().name)
            began = time.monotonic()
            while time.monotonic() - began < 0.02:
                pass
            return self.planned

    slow = Slow(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": slow}) as gateway:
        for number in range(3):
            await gateways.post(gateway, save("a", str(number)))
        await gateways.eventually(lambda: len(slow.subjects) == 3)
    assert planning_threads[0] == "MainThread"
    assert all(name.startswith("plugin-broker-") for name in planning_threads[1:])


async def test_one_hanging_target_slows_no_other(tmp_path: Path) -> None:
    sick, healthy = Broker(Target("queue")), Broker(Target("queue"))
    sick.gate.clear()
    async with gateways.running(tmp_path, plugins={"sick": sick, "healthy": healthy}) as gateway:
        for number in range(50):
            await gateways.post(gateway, save("a", str(number)))
        await gateways.eventually(lambda: len(healthy.subjects) == 50)
        assert sick.subjects == []
        sick.gate.set()
        await gateways.eventually(lambda: len(sick.subjects) == 50)


@pytest.mark.parametrize("ordered", [False, True])
async def test_the_first_attempt_waits_for_the_first_delay(tmp_path: Path, ordered: bool) -> None:
    broker = Broker(Target("queue", ordered=ordered, schedule=RetrySchedule((0.3, 0.1))))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        (delivery,) = await wait_for(gateway, DeliveryState.DELIVERED)
        (attempt,) = await gateway.store.attempts(delivery.id)
    assert attempt.started_at - delivery.created_at >= 0.3


class Idle:
    """A plugin that plans deliveries, and has no target today."""

    def __init__(self) -> None:
        self.asked = 0
        self.names: list[str] = []

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [Target(name) for name in self.names]

    @hookimpl
    def plan_deliveries(self) -> list[Planned]:
        self.asked += 1
        return [Planned(name) for name in self.names]

    @hookimpl
    def deliver(self) -> None: ...


async def test_a_plugin_without_targets_is_not_asked_for_every_event(tmp_path: Path) -> None:
    idle, busy = Idle(), Idle()
    busy.names = ["somewhere"]
    async with gateways.running(tmp_path, plugins={"idle": idle, "busy": busy}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert (idle.asked, busy.asked) == (0, 1)
