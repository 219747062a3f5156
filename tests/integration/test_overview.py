"""The overview tells what comes in, what goes out, what waits and what fails, also after a restart."""

from __future__ import annotations

from pathlib import Path

import gateways
import pytest
from brokers import BROKER, Broker, save
from gateways import wait_for

from cockpit_gateway import BacklogLimit, DeliveryState, Reject, Retry, RetrySchedule, Target
from cockpit_gateway.deliveries import Outcome
from cockpit_gateway.delivery.upkeep import TRIM_EVERY
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.overview import Received, TargetOverview
from cockpit_gateway.recorder import EVERY
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.testing import FakeClock, GatewayTester

NOON = 1_800_014_400.0
"""The beginning of an hour."""

NOISE = b'{"event":"collections.find.before","args":[]}'
LOOP = b'{"event":"cockpit.webhook","args":[]}'


def a_broker(**rules: object) -> Broker:
    return Broker(Target("queue", schedule=RetrySchedule((0.0, 3.0), jitter=0.0), **rules))  # type: ignore[arg-type]


def gateway_with(broker: Broker, directory: Path, now: float = NOON) -> GatewayTester:
    return GatewayTester(directory, plugins={"broker": broker}, clock=FakeClock(now))


async def send(gateway: Gateway, *bodies: bytes, key: str | None = None) -> None:
    for body in bodies:
        headers = {} if key is None else {"Idempotency-Key": key}
        assert (await gateways.post(gateway, body, headers=headers)).status == 202


async def broker_of(tester: GatewayTester) -> TargetOverview:
    targets = (await tester.gateway.administration.overview()).targets
    return next(target for target in targets if target.report.target_id == BROKER)


async def test_what_comes_in_is_told_by_the_minute(tmp_path: Path) -> None:
    async with gateway_with(a_broker(), tmp_path) as tester:
        await send(tester.gateway, save("posts", "1"), NOISE, NOISE)
        await tester.let_pass(60)
        await send(tester.gateway, save("posts", "2"), save("posts", "2"), key="once")
        await send(tester.gateway, save("posts", "3"))
        await tester.let_pass(EVERY)
        found = await tester.gateway.administration.overview()
    before, last = found.hour.moments[-2:]
    assert (before.at, last.at, len(found.hour.moments)) == (NOON, NOON + 60, 60)
    assert (before.received, last.received) == (Received(stored=1, ignored=2), Received(stored=2, duplicate=1))
    assert (before.figures.delivered, last.figures.delivered) == (1, 2)
    assert found.sources == {"website": Received(stored=3, duplicate=1, ignored=2)}
    assert found.day.moments[-1].received == found.day.received == found.hour.received


async def test_what_is_refused_is_counted(tmp_path: Path) -> None:
    async with gateway_with(a_broker(), tmp_path) as tester:
        assert (await gateways.post(tester.gateway, LOOP)).status == 422
        await tester.let_pass(EVERY)
        found = await tester.gateway.administration.activity(3600, 60, source="website")
        other = await tester.gateway.administration.activity(3600, 60, source="shop")
    assert (found.received, other.received) == (Received(refused=1), Received())


async def test_a_target_is_told_by_what_became_of_its_deliveries(tmp_path: Path) -> None:
    broker = a_broker()
    broker.failures = [Retry("busy"), Reject("no")]
    async with gateway_with(broker, tmp_path) as tester:
        await send(tester.gateway, save("posts", "1"))
        await tester.settled()
        await send(tester.gateway, save("posts", "2"))
        await tester.let_pass(3 + EVERY)
        found = await broker_of(tester)
    assert found.report.target_id == BROKER
    assert (found.hour, found.dead) == (found.day, 1)
    assert (found.hour.delivered, found.hour.dead) == (1, 1)
    assert found.hour.attempts == {Outcome.DELIVERED: 1, Outcome.RETRY: 1, Outcome.REJECTED: 1}
    assert found.hour.success == pytest.approx(1 / 3)
    assert found.hour.latency_p50 == pytest.approx(3.0, rel=0.3)


async def test_a_replayed_delivery_is_as_old_as_its_replay(tmp_path: Path) -> None:
    broker = a_broker()
    broker.failures = [Reject("no")]
    async with gateway_with(broker, tmp_path) as tester:
        await send(tester.gateway, save("posts", "1"))
        await tester.let_pass(1800)
        (dead,) = await tester.deliveries(DeliveryState.DEAD)
        await tester.gateway.administration.replays.replay(DeliveryFilter(ids=[dead.id]), None, new_ids=False)
        await tester.let_pass(EVERY)
        found = await broker_of(tester)
    assert found.hour.latency_p95 is not None
    assert found.hour.latency_p95 < 60


async def test_what_waits_and_what_died_of_it(tmp_path: Path) -> None:
    async with gateway_with(a_broker(backlog=BacklogLimit(rows=3)), tmp_path) as tester:
        await tester.gateway.administration.pause(BROKER, None)
        await send(tester.gateway, *(save("posts", str(number)) for number in range(5)))
        await tester.let_pass(TRIM_EVERY)
        await tester.let_pass(EVERY)
        everything, found = await tester.gateway.administration.overview(), await broker_of(tester)
    assert (everything.pending, everything.oldest_at, everything.dead) == (3, NOON, 2)
    assert (found.report.state, found.report.pending, found.dead) == ("paused", 3, 2)
    assert (found.hour.dead, found.hour.success) == (2, None)


async def test_an_end_loses_no_count_and_a_restart_adds_to_them(tmp_path: Path) -> None:
    for _ in range(2):
        async with gateway_with(a_broker(), tmp_path) as tester:
            await send(tester.gateway, save("posts", "1"))
            await wait_for(tester.gateway, DeliveryState.DELIVERED)
    async with gateway_with(a_broker(), tmp_path, NOON + 3600) as tester:
        found = await tester.gateway.administration.activity(2 * 3600, 3600, target_id=BROKER)
        nothing = await tester.gateway.administration.overview()
    assert [moment.figures.delivered for moment in found.moments] == [2, 0]
    assert nothing.hour.received == Received()
    assert nothing.day.received == Received(stored=2)
