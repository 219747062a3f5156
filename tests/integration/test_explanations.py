"""What became of an event, and why: at the door, at each target, in every way that a delivery waits or ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gateways
import orjson
import pytest
from brokers import BROKER, Broker, remove, save

from cockpit_gateway import (
    Breaker,
    Coalesce,
    DeliveryState,
    Drop,
    Event,
    Explained,
    Planned,
    Rate,
    Reject,
    RetrySchedule,
    Target,
    explanations,
    hookimpl,
)
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.hindrances import WaitsFor
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.explanations import DeliveryExplanation, EventExplanation, TargetExplanation
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.ingest import PARSED_ON_THE_LOOP
from cockpit_gateway.targets import PLAN_TARGET
from cockpit_gateway.testing import FakeClock, GatewayTester, captures

HERE = {"url": "https://127.0.0.1:1/hook", "allow_private": True}


async def accepted(gateway: Gateway, body: bytes) -> str:
    """Post a body, and return the event's id."""
    answer = await gateways.post(gateway, body)
    return str(orjson.loads(answer.body)["id"])


async def at_broker(gateway: Gateway, event_id: str) -> DeliveryExplanation:
    """Return the one delivery of an event to the broker, explained."""
    explanation = await gateway.administration.explain(event_id)
    [target] = [found for found in explanation.targets if found.target_id == BROKER]
    [delivery] = target.deliveries
    return delivery


def named(explanation: EventExplanation, name: str) -> TargetExplanation:
    [target] = [found for found in explanation.targets if found.target_id.target == name]
    return target


ENDPOINTS: dict[str, Any] = {
    "plugins": {
        "webhook": {
            "endpoints": {
                "all": {
                    **HERE,
                    "events": ["collections.*"],
                    "secret": "whsec_" + "c2VjcmV0" * 6,
                },
                "drafts": {
                    **HERE,
                    "events": ["collections.save.after"],
                    "when": "entry.draft",
                },
                "forms": {**HERE, "events": ["forms.*"]},
            }
        }
    }
}


async def test_each_endpoint_says_why_and_why_not(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, ENDPOINTS) as gateway:
        event = await gateway.fire("collections.save.after", entry={"_id": "1", "draft": False})
        explanation = await gateway.gateway.administration.explain(event.id)
    assert explanation.event == event
    assert explanation.door == "stored"
    assert [(hook.hook, hook.plugins) for hook in explanation.hooks] == [
        ("collections_save_after", []),
        ("any_event", []),
    ]
    assert [target.target_id.target for target in explanation.targets] == ["all", "drafts", "forms"]
    assert [target.planned_today for target in explanation.targets] == [True, False, False]
    assert [len(target.deliveries) for target in explanation.targets] == [1, 0, 0]
    assert {target.difference for target in explanation.targets} == {None}
    drafts = named(explanation, "drafts")
    assert (drafts.reason, drafts.setting, drafts.values) == (
        "`when` is false: entry.draft",
        "when",
        {"entry.draft": "false"},
    )
    assert named(explanation, "forms").setting == "events"


async def test_no_secret_of_the_configuration_is_told(tmp_path: Path) -> None:
    secret = "a-secret-in-an-expression"
    endpoint = {
        **HERE,
        "events": ["*"],
        "bearer": secret,
        "when": f'event.label == "{secret}"',
    }
    async with GatewayTester(tmp_path, {"plugins": {"webhook": {"endpoints": {"it": endpoint}}}}) as gateway:
        event = await gateway.fire("cockpit.clearcache")
        explanation = await gateway.gateway.administration.explain(event.id)
    assert named(explanation, "it").reason == '`when` is false: event.label == "***"'


class Watcher:
    @hookimpl
    def collections_save_after(self) -> None: ...

    @hookimpl
    def any_event(self) -> None: ...


async def test_handlers_are_told_with_the_hooks_that_the_event_calls(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, plugins={"watcher": Watcher}) as gateway:
        saved = await gateway.fire("collections.save.after")
        odd = await gateway.post(b'{"event":"addon.thing","args":[]}')
        undecodable = await gateway.post(b"")
        await gateway.settled()
        explain = gateway.gateway.administration.explain
        told = [await explain(event.id) for event in (saved, odd, undecodable)]
    assert [[(hook.hook, list(hook.plugins)) for hook in explanation.hooks] for explanation in told] == [
        [("collections_save_after", ["watcher"]), ("any_event", ["watcher"])],
        [("unknown_event", []), ("any_event", ["watcher"])],
        [("any_event", ["watcher"])],
    ]
    assert [target.target_id.target for target in told[0].targets] == ["any_event", "collections_save_after"]
    assert [found.reason for target in told[0].targets for found in target.deliveries] == ["delivered in attempt 1"] * 2
    assert told[2].door.startswith("stored as it came, but it could not be decoded: ")


class Filters:
    @hookimpl
    def filter_event(self, event: Event) -> None:
        if event.collection == "drafts":
            raise Drop("drafts are nobody's business")
        if event.collection == "broken":
            raise ValueError("boom")


async def test_the_door_says_which_filter_dropped_or_withheld(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, ENDPOINTS, plugins={"filters": Filters}) as gateway:
        dropped = await gateway.fire("collections.save.after", name="drafts")
        withheld = await gateway.fire("collections.save.after", name="broken")
        explain = gateway.gateway.administration.explain
        told = [await explain(event.id) for event in (dropped, withheld)]
    assert told[0].door == "dropped, so that it is delivered nowhere: filters: drafts are nobody's business"
    assert (list(told[0].targets), list(told[0].hooks)) == ([], [])
    assert told[1].door == "stored without its arguments: the filter of plugin filters failed: ValueError"
    assert len(told[1].targets) == 3


async def test_what_waits_says_for_what(tmp_path: Path) -> None:
    broker = Broker(Target("queue", ordered=True, schedule=RetrySchedule((0.0, 60.0), jitter=0.0)))
    broker.failures = [ValueError("boom")]
    async with GatewayTester(tmp_path, plugins={"broker": broker}) as tester:
        gateway = tester.gateway
        head = await accepted(gateway, save("posts", "1"))
        await tester.settled()
        follower = await accepted(gateway, remove("posts"))
        await tester.settled()
        in_retry, behind = await at_broker(gateway, head), await at_broker(gateway, follower)
        await gateway.administration.pause(BROKER, "the disk is full")
        held = await at_broker(gateway, follower)
        await gateway.administration.resume(BROKER)
        broker.gate.clear()
        assert isinstance(tester.clock, FakeClock)
        tester.clock.let_pass(61)
        await gateways.eventually(lambda: broker.running == 1)
        under_way = await at_broker(gateway, head)
        broker.gate.set()
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
        delivered = await at_broker(gateway, head)
    assert (in_retry.waits_for, in_retry.until) == (WaitsFor.TIME, in_retry.delivery.due_at)
    assert in_retry.reason == "it is tried again, after attempt 1: ValueError: boom"
    assert (behind.waits_for, behind.other) == (WaitsFor.LANE, in_retry.delivery)
    assert held.waits_for is WaitsFor.HOLD
    assert held.reason == "the target is paused (the disk is full)"
    assert (under_way.waits_for, under_way.until) == (WaitsFor.ATTEMPT, None)
    assert (delivered.waits_for, delivered.reason) == (None, "delivered in attempt 2")


async def test_the_limits_of_a_target_are_told(tmp_path: Path) -> None:
    few = Broker(Target("queue", concurrency=1))
    few.gate.clear()
    async with gateways.running(tmp_path, plugins={"broker": few}) as gateway:
        await accepted(gateway, save("posts", "1"))
        await gateways.eventually(lambda: few.running == 1)
        crowded = await at_broker(gateway, await accepted(gateway, save("posts", "2")))
        few.gate.set()
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert (crowded.waits_for, crowded.reason) == (WaitsFor.CONCURRENCY, "the target takes 1 at once")
    slow = Broker(Target("queue", rate=Rate(1, per=600.0)))
    (tmp_path / "slow").mkdir()
    async with gateways.running(tmp_path / "slow", plugins={"broker": slow}) as gateway:
        await accepted(gateway, save("posts", "1"))
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
        limited = await at_broker(gateway, await accepted(gateway, save("posts", "2")))
        now = gateway.clock.time()
    assert limited.waits_for is WaitsFor.RATE
    assert limited.until is not None
    assert 500 < limited.until - now <= 600


async def test_a_breaker_says_when_it_probes(tmp_path: Path) -> None:
    broker = Broker(Target("queue", breaker=Breaker(failures=1, wait=300.0), schedule=RetrySchedule((0.0, 1.0))))
    broker.failures = [ValueError("boom")]
    clock = FakeClock()
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        event_id = await accepted(gateway, save("posts", "1"))
        await gateways.eventually(lambda: gateway.dispatcher.held(BROKER))
        await gateways.wait_for(gateway, DeliveryState.PENDING)
        broken = await at_broker(gateway, event_id)
    assert broken.waits_for is WaitsFor.HOLD
    assert broken.reason.startswith("the target is broken")
    assert broken.reason.endswith(", one attempt will probe it")
    assert broken.until == clock.time() + 300


async def test_bursts_are_followed_to_what_carries_them(tmp_path: Path) -> None:
    broker = Broker(Target("queue", coalesce=Coalesce(30.0, 300.0)))
    clock = FakeClock()
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        events = [await accepted(gateway, save("posts", "1")) for _ in range(3)]
        first, last = await at_broker(gateway, events[0]), await at_broker(gateway, events[2])
    assert (first.reason, first.other) == ("superseded by a newer event", last.delivery)
    assert (last.waits_for, last.reason) == (WaitsFor.TIME, "its burst is not over (`coalesce`)")
    assert last.until == clock.time() + 30


async def test_what_was_given_up_or_cancelled_says_why(tmp_path: Path) -> None:
    broker = Broker(Target("queue"))
    broker.failures = [Reject("no such topic")]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        event_id = await accepted(gateway, save("posts", "1"))
        await gateways.wait_for(gateway, DeliveryState.DEAD)
        dead = await at_broker(gateway, event_id)
    assert (dead.waits_for, dead.reason) == (None, "no such topic")


async def test_a_change_of_the_configuration_is_told_with_what_to_do(tmp_path: Path) -> None:
    before = Broker(Target("queue"))
    async with gateways.running(tmp_path, plugins={"broker": before}) as gateway:
        event_id = await accepted(gateway, save("posts", "1"))
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
    async with gateways.running(tmp_path, plugins={"broker": Broker(Target("topic"), [Planned("topic")])}) as gateway:
        explanation = await gateway.administration.explain(event_id)
    gone, new = named(explanation, "queue"), named(explanation, "topic")
    assert (gone.planned_today, gone.reason) == (False, "neither configuration nor plugins have it")
    assert gone.difference == "it was planned, and would not be today"
    assert (new.planned_today, list(new.deliveries)) == (True, [])
    assert new.difference is not None
    assert new.difference.endswith(f"`cockpit-gateway events replay {event_id} --endpoint broker:topic`")


class Late(Broker):
    """Its planner fails at first."""

    sick = True

    @hookimpl
    def plan_deliveries(self, event: Event) -> Sequence[Planned]:
        if self.sick:
            raise ValueError("boom")
        return self.planned


async def test_a_plan_that_failed_is_told_as_one_that_is_made_later(tmp_path: Path) -> None:
    broker = Late(Target("queue"))
    async with GatewayTester(tmp_path, plugins={"broker": broker}) as gateway:
        event = await gateway.fire("collections.save.after")
        await gateway.settled()
        sick = await gateway.gateway.administration.explain(event.id)
        broker.sick = False
        well = await gateway.gateway.administration.explain(event.id)
    assert named(sick, "queue").reason == "plugin broker cannot say: its planner fails (ValueError: boom)"
    [waiting] = named(sick, "plan_deliveries").deliveries
    assert waiting.waits_for is WaitsFor.TIME
    assert named(well, "queue").difference == "it is planned later: see broker:plan_deliveries"


class Liar(Broker):
    """Explains otherwise than it plans, and of one target nothing."""

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [Target("queue"), Target("silent")]

    @hookimpl
    def explain_deliveries(self) -> list[Explained]:
        return [Explained("queue", planned=False, reason="never")]


async def test_the_plan_is_believed_rather_than_what_is_told_about_it(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, plugins={"broker": Liar(Target("queue"))}) as gateway:
        event = await gateway.fire("collections.save.after")
        explanation = await gateway.gateway.administration.explain(event.id)
    queue, silent = named(explanation, "queue"), named(explanation, "silent")
    assert (queue.planned_today, queue.reason) == (True, "plan_deliveries of plugin broker asks for it")
    assert (silent.planned_today, silent.reason) == (False, "plan_deliveries of plugin broker does not ask for it")


class Hanging(Broker):
    def __init__(self) -> None:
        super().__init__(Target("queue"))
        self.go_on = threading.Event()

    @hookimpl
    def explain_deliveries(self) -> list[Explained]:
        self.go_on.wait()
        return []


async def test_a_plugin_that_hangs_holds_up_no_explanation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "PATIENCE", 0.05)
    broker = Hanging()
    async with GatewayTester(tmp_path, ENDPOINTS, plugins={"broker": broker}) as gateway:
        event = await gateway.fire("collections.save.after")
        explanation = await gateway.gateway.administration.explain(event.id)
        broker.go_on.set()
    assert named(explanation, "queue").reason == "plugin broker cannot say: it does not answer for 0.05 seconds"
    assert named(explanation, "all").planned_today


async def test_one_target_alone_and_what_there_is_not(tmp_path: Path) -> None:
    async with GatewayTester(tmp_path, ENDPOINTS) as gateway:
        event = await gateway.fire("collections.save.after")
        explain = gateway.gateway.administration.explain
        explanation = await explain(event.id, TargetId("webhook", "forms"))
        with pytest.raises(NotFoundError, match="there is no target webhook:fooms, did you mean webhook:forms"):
            await explain(event.id, TargetId("webhook", "fooms"))
        with pytest.raises(NotFoundError, match="there is no event nothing"):
            await explain("nothing")
    assert [target.target_id.target for target in explanation.targets] == ["forms"]


async def test_every_recorded_event_can_be_explained(tmp_path: Path) -> None:
    config = ENDPOINTS | {"sources": {"website": {"accept": ["*"]}}}
    async with GatewayTester(tmp_path, config, plugins={"watcher": Watcher}) as gateway:
        for capture in captures.all_captures():
            if capture.event == "cockpit.webhook" or len(capture.body) > PARSED_ON_THE_LOOP:
                continue
            event = await gateway.post(capture.body)
            await gateway.settled()  # a planner that was late, on a busy machine, has planned again
            explanation = await gateway.gateway.administration.explain(event.id)
            targets = [target for target in explanation.targets if target.target_id.target != PLAN_TARGET]
            assert all(target.difference is None for target in targets)
            assert all(target.planned_today is bool(target.deliveries) for target in targets)
