"""What waits: bounded, moved with the clock, held while its endpoint is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import gateways
import pytest
from brokers import BROKER, Broker, save
from gateways import deliveries, eventually, wait_for

from cockpit_gateway import BacklogLimit, DeliveryState, Retry, RetrySchedule, Target, hookimpl
from cockpit_gateway.delivery import upkeep
from cockpit_gateway.store.sqlite import engine
from cockpit_gateway.testing import Answer, FakeClock, GatewayTester, Receiver
from cockpit_gateway.testing.captures import capture

SAVED = capture("collections.save.after").body
DAY = 86400.0


@pytest.mark.parametrize(
    ("limit", "kept", "reason"),
    [
        (BacklogLimit(rows=4), 4, "overflow: "),
        (BacklogLimit(size=4 * len(save("posts", "0"))), 4, "overflow: "),
        (BacklogLimit(age=5.0), 0, "expired: "),
    ],
)
async def test_of_what_waits_beyond_its_bounds_the_oldest_die(
    tmp_path: Path, limit: BacklogLimit, kept: int, reason: str
) -> None:
    clock = FakeClock()
    broker = Broker(Target("queue", backlog=limit))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateway.administration.pause(BROKER, None)
        for number in range(10):
            await gateways.post(gateway, save("posts", str(number)))
        clock.let_pass(10.5)
        dead = await wait_for(gateway, DeliveryState.DEAD, 10 - kept)
        left = [found for found in await deliveries(gateway) if found.state is DeliveryState.PENDING]
        assert len(left) == kept
        assert {(found.reason or "").partition(" ")[0] + " " for found in dead} == {reason}
        assert max([found.seq for found in dead]) < min([found.seq for found in left], default=11)
        await gateway.administration.resume(BROKER)
        await wait_for(gateway, DeliveryState.DELIVERED, kept)


async def test_more_than_one_step_can_bury(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TRIM_STEP", 4)
    monkeypatch.setattr(engine, "BURIED_AT_ONCE", 3)
    clock = FakeClock()
    broker = Broker(Target("queue", backlog=BacklogLimit(rows=1)))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateway.administration.pause(BROKER, None)
        for number in range(10):
            await gateways.post(gateway, save("posts", str(number)))
        clock.let_pass(10.5)
        dead = await wait_for(gateway, DeliveryState.DEAD, 9)
        assert sorted(found.seq for found in dead) == list(range(1, 10))


async def test_a_followers_lane_is_free_when_its_head_dies_of_age(tmp_path: Path) -> None:
    clock = FakeClock()
    late = RetrySchedule((0.0, 3600.0), jitter=0.0)
    broker = Broker(Target("queue", ordered=True, schedule=late, backlog=BacklogLimit(age=60.0)))
    broker.failures = [Retry("busy")]
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: not broker.failures)
        clock.let_pass(55)
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.PENDING, 2)
        await eventually(gateway.dispatcher.idle_for)  # else upkeep may be looking, and miss that time passes
        clock.let_pass(10.5)
        await wait_for(gateway, DeliveryState.DEAD)
        await wait_for(gateway, DeliveryState.DELIVERED)


@pytest.mark.parametrize("ends", ["before it is noticed", "after it was noticed"])
@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_what_is_under_way_while_the_clock_is_turned_is_due_by_the_new_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float, ends: str
) -> None:
    clock, noticed = FakeClock(), asyncio.Event()

    class Turning:
        @hookimpl
        async def collections_save_after(self) -> None:
            clock.turn(jump)
            if ends == "after it was noticed":
                clock.let_pass(1.0)
                await noticed.wait()
            raise Retry("not now", after=60.0)

    async with gateways.running(tmp_path, plugins={"turning": Turning()}, clock=clock) as gateway:
        shift_due = gateway.store.shift_due

        async def shift(seconds: float, *, now: float) -> None:
            await shift_due(seconds, now=now)
            noticed.set()

        monkeypatch.setattr(gateway.store, "shift_due", shift)
        await gateways.post(gateway, SAVED)
        await wait_for(gateway, DeliveryState.PENDING)
        async with asyncio.timeout(gateways.PATIENCE):
            while not noticed.is_set():
                clock.let_pass(0.01)
                await asyncio.sleep(0.005)
        [waiting] = await deliveries(gateway)
        assert abs(waiting.due_at - clock.time() - 60.0) < 5.0


@pytest.mark.parametrize("jump", [-30 * DAY, -3600.0, 3600.0, 365 * DAY])
async def test_due_times_move_with_a_clock_that_is_turned(tmp_path: Path, jump: float) -> None:
    clock = FakeClock()
    broker = Broker(Target("queue", schedule=RetrySchedule((0.0, 600.0, 600.0), jitter=0.0)))
    broker.failures = [Retry("busy") for _ in range(20)]
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        for number in range(20):
            await gateways.post(gateway, save("posts", str(number)))
        await eventually(lambda: not broker.failures)
        await wait_for(gateway, DeliveryState.PENDING, 20)
        clock.turn(jump)
        clock.let_pass(1.5)
        await eventually_due(gateway, clock, 550, 600)
        assert broker.subjects == []  # no avalanche
        clock.let_pass(600)
        await wait_for(gateway, DeliveryState.DELIVERED, 20)


async def eventually_due(gateway: gateways.Gateway, clock: FakeClock, earliest: float, latest: float) -> None:
    """Wait until everything is due between so many seconds from now."""
    async with asyncio.timeout(gateways.PATIENCE):
        while True:
            due = [found.due_at - clock.time() for found in await deliveries(gateway)]
            if all(earliest < seconds <= latest for seconds in due):
                return
            await asyncio.sleep(0.005)


async def test_nothing_is_due_later_than_the_longest_delay_after_a_start_with_a_clock_set_back(tmp_path: Path) -> None:
    longest = RetrySchedule((0.0, 600.0), jitter=0.0)
    broker = Broker(Target("queue", schedule=longest, longest_retry_after=600.0))
    broker.failures = [Retry("busy")]
    clock = FakeClock()
    clock.turn(300 * DAY)
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: not broker.failures)
        await wait_for(gateway, DeliveryState.PENDING)
    clock = FakeClock()
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await eventually_due(gateway, clock, 590, 600)
        clock.let_pass(601)
        await wait_for(gateway, DeliveryState.DELIVERED)


def yaml(**endpoints: str) -> str:
    listed = "\n".join(
        f"      {name.replace('_', '-')}: {{url: '{url}', allow_private: true, "
        "events: [collections.save.after], retry: [0s, 1h, 1h]}"
        for name, url in endpoints.items()
    )
    return f"sources: {{website: {{}}}}\nplugins:\n  webhook:\n    endpoints:\n{listed}\n"


async def leave_one_waiting(tmp_path: Path, receiver: Receiver, clock: FakeClock) -> None:
    """Run a gateway whose endpoint `it` fails once, until its delivery waits for an hour."""
    receiver.answers += [Answer(503)]
    async with gateways.running(tmp_path, yaml(it=receiver.url), clock=clock) as gateway:
        await gateways.post(gateway, SAVED)
        await eventually(lambda: receiver.requests)
        await wait_for(gateway, DeliveryState.PENDING)


async def test_deliveries_of_a_removed_endpoint_are_held_and_go_on_when_it_is_back(tmp_path: Path) -> None:
    clock = FakeClock()
    with Receiver() as receiver:
        await leave_one_waiting(tmp_path, receiver, clock)
        async with gateways.running(tmp_path, yaml(renamed=receiver.url), clock=clock) as gateway:
            (delivery,) = await deliveries(gateway)
            assert gateway.administration.held(delivery) == "no target"
            clock.let_pass(2 * 3600)
            await gateways.post(gateway, SAVED)
            await wait_for(gateway, DeliveryState.DELIVERED)
            assert [found.state for found in await deliveries(gateway) if found.target == "it"] == ["pending"]
        async with gateways.running(tmp_path, yaml(it=receiver.url), clock=clock) as gateway:
            await wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert [request.headers.get("webhook-id") for request in receiver.requests].count(delivery.id) == 2


async def test_deliveries_of_a_removed_endpoint_die_after_a_limit(tmp_path: Path) -> None:
    clock = FakeClock()
    with Receiver() as receiver:
        await leave_one_waiting(tmp_path, receiver, clock)
        async with GatewayTester(tmp_path, clock=clock) as gateway:
            (dead,) = await gateway.let_pass(7 * DAY + 1)
    assert dead.state is DeliveryState.DEAD
    assert (dead.reason or "").startswith("expired: ")


async def test_what_waits_goes_to_the_changed_url_which_also_lets_a_disabled_endpoint_go(tmp_path: Path) -> None:
    with Receiver() as old, Receiver() as new:
        old.answers += [Answer(503), Answer(410)]
        clock = FakeClock()
        async with gateways.running(tmp_path, yaml(it=old.url), clock=clock) as gateway:
            await gateways.post(gateway, SAVED)
            await eventually(lambda: len(old.requests) == 1)
            await gateways.post(gateway, SAVED)
            await wait_for(gateway, DeliveryState.DEAD)
            (waiting,) = await wait_for(gateway, DeliveryState.PENDING)
            await gateways.eventually(lambda: gateway.administration.held(waiting) == "disabled")
        clock.let_pass(2 * 3600)
        async with gateways.running(tmp_path, yaml(it=old.url), clock=clock) as gateway:
            assert gateway.administration.held(waiting) == "disabled"
        async with gateways.running(tmp_path, yaml(it=new.url), clock=clock) as gateway:
            await wait_for(gateway, DeliveryState.DELIVERED)
    assert [request.headers.get("webhook-id") for request in new.requests] == [waiting.id]
