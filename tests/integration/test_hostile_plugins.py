"""Plugins that raise, return and give what no store takes: nothing is refused, nothing is stuck, nothing else waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gateways
import pytest
from aiohttp import web
from brokers import Broker, save
from gateways import deliveries, eventually, stored, wait_for
from pydantic import SecretStr
from structlog.testing import capture_logs

from cockpit_gateway import (
    Delivery,
    DeliveryState,
    Drop,
    Event,
    EventStatus,
    Planned,
    PluginContext,
    Rate,
    Reject,
    Response,
    Retry,
    Target,
    hookimpl,
)
from cockpit_gateway.clock import SystemClock
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.delivery.memory import MEMORY_BUDGET
from cockpit_gateway.errors import PluginError, StoreUnavailableError
from cockpit_gateway.testing import FakeClock, GatewayTester, StartGateway
from cockpit_gateway.testing.captures import capture

SAVED = capture("collections.save.after").body
SURROGATE = "x\udce9"


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ValueError(SURROGATE), DeliveryState.PENDING, "ValueError: x?"),
        (SpeechlessError(), DeliveryState.PENDING, "SpeechlessError: SpeechlessError"),
        (Retry(ValueError("busy")), DeliveryState.PENDING, "busy"),  # type: ignore[arg-type]
        (Reject(ValueError("no")), DeliveryState.DEAD, "no"),  # type: ignore[arg-type]
        (Reject("no", response=Response(500, body="text")), DeliveryState.DEAD, "no"),  # type: ignore[arg-type]
        (Reject("no", response="an answer"), DeliveryState.DEAD, "no"),  # type: ignore[arg-type]
        (Retry("no", response=Response(500, (("X", SURROGATE),))), DeliveryState.PENDING, "no"),
    ],
    ids=[
        "surrogate",
        "speechless",
        "retry-with-an-error",
        "reject-with-an-error",
        "body-of-text",
        "no-response",
        "header",
    ],
)
async def test_whatever_an_attempt_raises_its_outcome_is_written(
    tmp_path: Path, error: Exception, state: DeliveryState, reason: str
) -> None:
    broker = Broker(Target("queue"))
    broker.failures = [error]
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        await gateways.post(gateway, save("posts", "1"))
        await eventually(lambda: not broker.failures)
        (delivery,) = await wait_for(gateway, state)
        assert (delivery.attempts, delivery.reason) == (1, reason)


def raising(error: Exception) -> Callable[[Event], Event]:
    def change(_: Event) -> Event:
        raise error

    return change


class Filter:
    def __init__(self, change: Callable[[Event], Any]) -> None:
        self._change = change

    @hookimpl
    def filter_event(self, event: Event) -> Any:
        return self._change(event)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda event: replace(event, label=SURROGATE), EventStatus.WITHHELD),
        (lambda event: replace(event, body="text"), EventStatus.WITHHELD),
        (lambda event: replace(event, hook={}), EventStatus.WITHHELD),
        (lambda event: replace(event, backend="yes"), EventStatus.WITHHELD),
        (raising(Drop(SURROGATE)), EventStatus.DROPPED),
    ],
)
async def test_whatever_a_filter_returns_the_event_is_stored(
    tmp_path: Path, change: Callable[[Event], Any], status: EventStatus
) -> None:
    async with gateways.running(tmp_path, plugins={"filter": Filter(change)}) as gateway:
        assert (await gateways.post(gateway, SAVED)).status == 202
        (event,) = await stored(gateway)
        assert event.status is status


@pytest.mark.parametrize("key", [b"bytes", ["a", "list"], SURROGATE, 7])
async def test_whatever_a_planner_gives_the_event_is_stored(tmp_path: Path, key: Any) -> None:
    broker = Broker(Target("queue", ordered=True), [Planned("queue", key)])
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        assert (await gateways.post(gateway, save("posts", "1"))).status == 202
        (later,) = await deliveries(gateway)
        assert later.target == "plan_deliveries"


async def test_a_key_may_hold_a_zero_character(tmp_path: Path) -> None:
    broker = Broker(Target("queue", ordered=True), [Planned("queue", "posts\0en")])
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        for number in range(3):
            await gateways.post(gateway, save("posts", str(number)))
        await wait_for(gateway, DeliveryState.DELIVERED, 3)
        assert broker.most_running == 1


@pytest.mark.parametrize("rules", [{"rate": (0.0,)}, {"concurrency": 0}, {"timeout": 0.0}])
async def test_rules_that_allow_nothing_are_refused_at_the_start(tmp_path: Path, rules: dict[str, Any]) -> None:
    class Bad:
        @hookimpl
        def register_targets(self) -> list[Target]:
            given = rules | ({"rate": Rate(*rules["rate"])} if "rate" in rules else {})
            return [Target("queue", **given)]

        @hookimpl
        def plan_deliveries(self) -> None: ...

        @hookimpl
        def deliver(self) -> None:
            pass

    with pytest.raises(PluginError, match="register_targets of plugin bad failed: ValueError"):
        gateways.assemble(tmp_path, plugins={"bad": Bad()})


@pytest.mark.parametrize("error", [RuntimeError("defect"), StoreUnavailableError("disk full")])
async def test_a_claim_that_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    broker = Broker(Target("queue", ordered=True))
    async with gateways.running(tmp_path, plugins={"broker": broker}) as gateway:
        claim, failures = gateway.store.claim, [error]

        async def failing(*args: Any, **kwargs: Any) -> Any:
            if failures:
                raise failures.pop()
            return await claim(*args, **kwargs)

        monkeypatch.setattr(gateway.store, "claim", failing)
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED)
        assert not failures


async def test_one_slow_target_with_large_bodies_does_not_take_the_memory_of_another(tmp_path: Path) -> None:
    slow = Broker(Target("queue"))
    slow.gate.clear()
    large = save("posts", "x" * (MEMORY_BUDGET // 10))

    class Choosy(Broker):
        @hookimpl
        def plan_deliveries(self, event: Event) -> list[Planned]:
            return [Planned("queue")] if event.collection == "small" else []

    quick = Choosy(Target("queue"))
    async with gateways.running(tmp_path, plugins={"slow": slow, "quick": quick}) as gateway:
        for _ in range(8):
            await gateways.post(gateway, large)
        async with asyncio.timeout(gateways.PATIENCE):
            await gateways.post(gateway, save("small", "1"))
            await eventually(lambda: quick.subjects)
        slow.gate.set()
        await wait_for(gateway, DeliveryState.DELIVERED, 10)


async def test_what_is_accepted_after_the_clock_went_forward_is_not_delayed(tmp_path: Path) -> None:
    clock = FakeClock()
    broker = Broker(Target("queue", ordered=True))
    async with gateways.running(tmp_path, plugins={"broker": broker}, clock=clock) as gateway:
        clock.turn(3600)
        await gateways.post(gateway, save("posts", "1"))
        await wait_for(gateway, DeliveryState.DELIVERED)


class Careless:
    """Forgets things."""

    @hookimpl
    def collections_save_after(self) -> object:
        async def forgotten() -> None: ...

        return forgotten()

    @hookimpl
    def register_targets(self) -> list[Target]:
        return [Target("queue")]

    @hookimpl
    def plan_deliveries(self, event: Event) -> object:
        return {"saved": [Planned("queue")], "removed": "queue"}["saved" if event.args[1] != 1 else "removed"]

    @hookimpl
    async def deliver(self, delivery: Delivery) -> object:
        return False


async def test_what_hooks_return_by_mistake_is_told(gateway_tester: StartGateway) -> None:
    async with gateway_tester(plugins={"careless": Careless}) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.fire("collections.remove.after")
        reasons = {delivery.target: delivery.reason for delivery in await gateway.settled()}
    assert reasons == {
        "collections_save_after": "PluginError: collections_save_after returned a coroutine that was not awaited; "
        "write `async def` and await it",
        "queue": "PluginError: deliver returns a Response or None, not False; what failed raises Retry or Reject",
        "plan_deliveries": "PluginError: plan_deliveries of plugin careless returns a list of Planned, not 'queue'",
    }


class Texts:
    @hookimpl
    def register_targets(self) -> list[str]:
        return ["queue"]

    @hookimpl
    def plan_deliveries(self) -> None: ...


def test_targets_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"register_targets of plugin p .* a list of Target, not 'queue'"):
        GatewayTester(tmp_path, plugins={"p": Texts})


class Curt:
    @hookimpl
    def collections_save_after(self, name: str) -> None:
        if name == "posts":
            raise Reject
        raise Retry("soon", after="1h")  # type: ignore[arg-type]


async def test_a_signal_needs_no_reason_and_seconds_are_numbers(gateway_tester: StartGateway) -> None:
    async with gateway_tester(plugins={"curt": Curt}) as gateway:
        await gateway.fire("collections.save.after", name="posts")
        await gateway.fire("collections.save.after", name="pages")
        gone, waiting = await gateway.settled()
    assert (gone.state, gone.reason) == ("dead", "rejected")
    assert waiting.reason == "TypeError: Retry(after=…) takes seconds, as a number, not '1h'"


class Endless:
    """Hangs in a thread when the gateway stops, and when it is told of an outcome."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.called: list[str] = []

    @hookimpl
    def gateway_stopping(self) -> None:
        self.called.append("stopping")
        self.released.wait()

    @hookimpl
    def delivery_settled(self) -> None:
        self.called.append("settled")
        self.released.wait()

    @hookimpl
    async def collections_save_after(self) -> None: ...


class Ending:
    @hookimpl
    async def gateway_stopping(self) -> None:
        raise ValueError("cannot say goodbye")


async def test_a_plugin_that_hangs_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit_gateway.lifecycle.STOPPING_HOOK_TIMEOUT", 0.1)
    monkeypatch.setattr("cockpit_gateway.delivery.observers.PATIENCE", 0.1)
    endless = Endless()
    tester = GatewayTester(tmp_path, plugins={"endless": endless, "ending": Ending}, clock=SystemClock())
    with capture_logs() as logs:
        async with asyncio.timeout(15), tester as gateway:
            await gateway.fire("collections.save.after")
            await eventually(lambda: endless.called)
    endless.released.set()
    assert endless.called == ["settled", "stopping"]
    told = {line["event"]: line.get("plugin") for line in logs if line["log_level"] == "error"}
    assert told["gateway_stopping does not end, it is left behind"] == "endless"
    assert told["gateway_stopping failed"] == "ending"


class Telling:
    class Config(PluginConfig):
        password: SecretStr

    @hookimpl
    def gateway_started(self, context: PluginContext) -> None:
        raise ValueError(f"no login with {context.config.password.get_secret_value()}")


async def test_what_fails_at_the_start_tells_no_secret(gateway_tester: StartGateway) -> None:
    config = {"plugins": {"p": {"password": "swordfish-swordfish"}}}
    with pytest.raises(PluginError, match=r"ValueError: no login with \*\*\*"):
        async with gateway_tester(config, plugins={"p": Telling}):
            pass


class Starting:
    """Fails, or hangs, at the start."""

    def __init__(self, *, hangs: bool) -> None:
        self.released = threading.Event()
        self.hangs = hangs

    @hookimpl
    def gateway_started(self) -> None:
        if not self.hangs:
            raise ValueError("no server there")
        self.released.wait()


async def test_a_start_that_fails_says_where_and_one_that_hangs_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit_gateway.lifecycle.STARTING_HOOK_TIMEOUT", 0.1)
    with pytest.raises(PluginError, match=r"plugin p failed to start: ValueError: no server there\n.*test_hostile"):
        async with GatewayTester(tmp_path, plugins={"p": Starting(hangs=False)}):
            pass
    hanging = Starting(hangs=True)
    with pytest.raises(PluginError, match=r"gateway_started of plugin p does not end, for 0\.1 seconds"):
        async with GatewayTester(tmp_path, plugins={"p": hanging}):
            pass
    hanging.released.set()


class Repeating:
    @hookimpl
    def register_routes(self) -> list[web.RouteDef]:
        return [web.get("/state", self.state), web.get("/state", self.state)]

    async def state(self, request: web.Request) -> web.Response:
        return web.Response()


class Dropping:
    @hookimpl
    def collections_save_after(self) -> None:
        raise Drop("a preview")


async def test_routes_that_are_there_twice_and_drops_in_a_handler(gateway_tester: StartGateway) -> None:
    with pytest.raises(PluginError, match="register_routes of plugin p failed: GET /plugins/p/state is there twice"):
        async with gateway_tester(plugins={"p": Repeating}):
            pass
    async with gateway_tester(plugins={"p": Dropping}) as gateway:
        await gateway.fire("collections.save.after")
        [dead] = await gateway.settled()
    assert (dead.state, dead.reason) == ("dead", "Drop is for filters, where Reject is meant here: a preview")
