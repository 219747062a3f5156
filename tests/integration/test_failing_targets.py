"""Targets that fail: left alone by the breaker, warned of, disabled; paused and resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gateways
import pytest
from brokers import BROKER, Broker, save
from gateways import deliveries, eventually, stored, wait_for

from cockpit_gateway import Breaker, DeliveryState, Reject, Retry, RetrySchedule, Target
from cockpit_gateway.deliveries import Hold
from cockpit_gateway.errors import ConflictError, NotFoundError, StoreUnavailableError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.testing import FakeClock

AT_ONCE = RetrySchedule((0.0,) * 100, jitter=0.0)
HOURLY = RetrySchedule((0.0,) + (3600.0,) * 100, jitter=0.0)


def failing(broker: Broker, *errors: Exception) -> Broker:
    broker.failures = list(errors) or [Retry("busy") for _ in range(1000)]
    return broker


async def wait_until_noted(gateway: Gateway, condition: Callable[[float], bool]) -> None:
    """Wait until a condition holds for the seconds that the store says the target has been failing."""
    async with asyncio.timeout(gateways.PATIENCE):
        while not condition(await seconds_failing(gateway)):
            await asyncio.sleep(0.005)


async def wait_until_told(gateway: Gateway, count: int) -> None:
    """Wait until the gateway has made so many events of its own."""
    async with asyncio.timeout(gateways.PATIENCE):
        while len([event for event in await stored(gateway) if event.source == "gateway"]) < count:
            await asyncio.sleep(0.005)


async def seconds_failing(gateway: Gateway) -> float:
    (state,) = [found for found in await gateway.store.target_states() if found.target_id == BROKER]
    return state.failing_for


def states(gateway: Gateway) -> object:
    hold = gateway.dispatcher.held(BROKER)
    return hold and hold[0]


async def test_after_failures_in_a_row_a_target_is_left_alone_and_then_probed_once(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = failing(Broker(Target("queue", schedule=AT_ONCE, concurrency=1, breaker=Breaker(3, wait=60.0))))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        for number in range(5):
            await gateways.post(gateway, save("posts", str(number)))
        await eventually(lambda: states(gateway) is Hold.BROKEN)
        held = await wait_for(gateway, DeliveryState.PENDING, 5)
        assert {gateway.administration.held(delivery) for delivery in held} == {"broken"}
        assert len(broker.failures) == 997
        clock.let_pass(61)
        await eventually(lambda: len(broker.failures) == 996)
        await wait_for(gateway, DeliveryState.PENDING, 5)
        broker.failures = []
        clock.let_pass(59)  # the second pause is twice as long
        await gateways.post(gateway, save("posts", "new"))
        assert broker.subjects == []
        clock.let_pass(62)
        await wait_for(gateway, DeliveryState.DELIVERED, 6)
        assert states(gateway) is None
    assert broker.most_running == 1


async def test_a_pause_is_as_long_as_the_target_asks_for(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = failing(
        Broker(Target("queue", schedule=AT_ONCE, breaker=Breaker(1, wait=5.0))), Retry("HTTP 429", after=600.0)
    )
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: states(gateway) is Hold.BROKEN)
        clock.let_pass(590)
        await gateways.post(gateway, save("posts", "2"))
        await wait_for(gateway, DeliveryState.PENDING, 2)
        clock.let_pass(11)
        await wait_for(gateway, DeliveryState.DELIVERED, 2)


async def test_a_refusal_is_a_sign_of_life(tmp_path: Path) -> None:
    broker = failing(Broker(Target("queue", breaker=Breaker(1))), Reject("no such index"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.DEAD)
        assert states(gateway) is None


async def test_a_person_closes_the_breaker(tmp_path: Path) -> None:
    broker = failing(Broker(Target("queue", schedule=AT_ONCE, breaker=Breaker(1, wait=3600.0))), Retry("busy"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: states(gateway) is Hold.BROKEN)
        assert (await gateway.administration.enable(BROKER)).state == "active"
        await wait_for(gateway, DeliveryState.DELIVERED)


async def test_a_target_that_only_fails_is_warned_of_and_disabled(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = failing(Broker(Target("queue", schedule=HOURLY, disable_after=4.0 * 3600)))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        for attempts in range(1, 5):
            await eventually(lambda attempts=attempts: len(broker.failures) == 1000 - attempts)
            await wait_for(gateway, DeliveryState.PENDING)
            await wait_until_told(gateway, attempts - 1)
            clock.let_pass(3601)
        await eventually(lambda: states(gateway) is Hold.DISABLED)
        await wait_until_told(gateway, 4)
        await gateways.post(gateway, save("posts", "2"))
        assert len(await wait_for(gateway, DeliveryState.PENDING, 2)) == 2
        own = [event for event in await stored(gateway) if event.source == "gateway"]
    assert [(event.name, event.args[2]) for event in own[:3]] == [("gateway.target.failing", n) for n in (25, 50, 75)]
    assert own[3].name == "gateway.target.disabled"
    assert own[3].args == ["broker", "queue", "nothing but failures for 4:00:00, the last: busy"]
    assert own[3].subjects == ("targets/broker/queue",)


@pytest.mark.parametrize("method", ["settle", "set_held", "note_failing"])
async def test_what_follows_from_a_failure_is_written_when_the_store_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    schedule = RetrySchedule((0.0,) + (0.05,) * 1000, jitter=0.0)
    broker = failing(Broker(Target("queue", schedule=schedule, disable_after=0.01, breaker=None)))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        write, absences = getattr(gateway.store, method), 2

        async def away_at_first(*args: Any, **kwargs: Any) -> Any:
            nonlocal absences
            if absences:
                absences -= 1
                raise StoreUnavailableError("disk full")
            return await write(*args, **kwargs)

        monkeypatch.setattr(gateway.store, method, away_at_first)
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: states(gateway) is Hold.DISABLED)
        (delivery,) = await wait_for(gateway, DeliveryState.PENDING)
        (state,) = [found for found in await gateway.store.target_states() if found.target_id == BROKER]
        assert absences == 0
        assert state.held is Hold.DISABLED
        assert delivery.attempts == 1000 - len(broker.failures)


async def test_the_time_it_fails_adds_up_over_restarts_without_the_time_between(tmp_path: Path) -> None:
    broker = failing(Broker(Target("queue", schedule=HOURLY, disable_after=2.0 * 3600)))
    clock = FakeClock()
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: len(broker.failures) == 999)
        await wait_for(gateway, DeliveryState.PENDING)
        clock.let_pass(3601)
        await eventually(lambda: len(broker.failures) == 998)
        await wait_for(gateway, DeliveryState.PENDING)
    clock.let_pass(100 * 3600)
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await eventually(lambda: len(broker.failures) == 997)
        await wait_for(gateway, DeliveryState.PENDING)
        assert states(gateway) is None
        clock.let_pass(3601)
        await eventually(lambda: states(gateway) is Hold.DISABLED)


async def test_a_success_begins_anew(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = failing(Broker(Target("queue", schedule=HOURLY, disable_after=2.0 * 3600)), Retry("a"), Retry("b"))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: len(broker.failures) == 1)
        await wait_for(gateway, DeliveryState.PENDING)
        clock.let_pass(3601)
        await eventually(lambda: not broker.failures)
        await wait_until_noted(gateway, lambda failing_for: failing_for > 3600)
        clock.let_pass(3601)
        await wait_for(gateway, DeliveryState.DELIVERED)
        await wait_until_noted(gateway, lambda failing_for: failing_for == 0)


async def test_pausing_holds_what_waits_through_a_restart_until_a_person_resumes(tmp_path: Path) -> None:
    broker = Broker(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        report = await gateway.administration.pause(BROKER, "maintenance")
        assert (report.state, report.reason) == ("paused", "maintenance")
        await gateways.post(gateway, save("posts", "1"))
        (delivery,) = await wait_for(gateway, DeliveryState.PENDING)
        assert gateway.administration.held(delivery) == "paused"
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        report = await gateway.administration.target(BROKER)
        assert (report.state, report.reason, report.pending) == ("paused", "maintenance", 1)
        with pytest.raises(ConflictError, match=r"queue is paused \(maintenance\); resume it instead"):
            await gateway.administration.enable(BROKER)
        assert (await gateway.administration.resume(BROKER)).state == "active"
        await wait_for(gateway, DeliveryState.DELIVERED)
        with pytest.raises(NotFoundError, match="there is no target broker:other"):
            await gateway.administration.pause(BROKER._replace(target="other"), None)
        with pytest.raises(NotFoundError, match="no target webhook:queue, did you mean broker:queue"):
            await gateway.administration.pause(BROKER._replace(plugin="webhook"), None)


async def test_pausing_lets_what_is_under_way_finish_and_gives_back_the_rest(tmp_path: Path) -> None:
    broker = Broker(Target("queue", concurrency=1))
    broker.gate.clear()
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(4):
            await gateways.post(gateway, save("posts", str(number)))
        await eventually(lambda: broker.running == 1)
        await gateway.administration.pause(BROKER, None)
        broker.gate.set()
        await wait_for(gateway, DeliveryState.DELIVERED)
        await wait_for(gateway, DeliveryState.PENDING, 3)
        assert broker.subjects == ["collections/posts/0"]
        await gateway.administration.resume(BROKER)
        await wait_for(gateway, DeliveryState.DELIVERED, 4)


async def test_a_test_reaches_a_paused_target_and_is_not_stored(tmp_path: Path) -> None:
    broker = failing(Broker(Target("queue")), Retry("not now"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        (pending,) = await wait_for(gateway, DeliveryState.PENDING)
        await gateway.administration.pause(BROKER, None)
        attempt = await gateway.administration.test(BROKER, pending.event_id)
        assert (attempt.outcome, broker.subjects) == ("delivered", ["collections/posts/1"])
        assert attempt.response is not None
        assert attempt.response.body == b"queue"
        with pytest.raises(NotFoundError):
            await gateway.administration.test(BROKER, "no-such-event")
        assert [found.state for found in await deliveries(gateway)] == [DeliveryState.PENDING]


async def test_an_inactive_target_holds_what_waits_and_only_the_configuration_lets_it_go(tmp_path: Path) -> None:
    broker = failing(Broker(Target("queue")), Retry("not now"))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.PENDING)
    broker.target = Target("queue", active=False)
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        report = await gateway.administration.target(BROKER)
        assert (report.state, report.reason, report.pending) == ("paused", "active: false in the configuration", 1)
        with pytest.raises(ConflictError, match="`active: false` in the configuration"):
            await gateway.administration.resume(BROKER)
    broker.target = Target("queue", schedule=AT_ONCE)
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=passed(10)) as gateway:
        await wait_for(gateway, DeliveryState.DELIVERED)


def passed(seconds: float) -> FakeClock:
    clock = FakeClock()
    clock.let_pass(seconds)
    return clock
