"""The test kit's gateway: fires events as Cockpit does, tells what came of them, and lets time pass at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from cockpit_gateway import DeliveryState, Drop, Event, Outcome, PluginContext, Reject, Retry, cockpit_event, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.contract import HookDeprecationWarning
from cockpit_gateway.deliveries import Attempt, Delivery
from cockpit_gateway.errors import ConfigError, PluginError
from cockpit_gateway.testing import (
    Answer,
    FakeClock,
    GatewayTester,
    Misbehaviour,
    NotTakenError,
    Receiver,
    StartGateway,
)

HOUR = 3600.0


class Index:
    """Notes entries in its storage."""

    class Config(PluginConfig):
        collections: tuple[str, ...] = ("posts",)

    @hookimpl
    async def collections_save_after(self, name: str, entry: dict[str, Any], context: PluginContext) -> None:
        if name not in context.config.collections:
            raise Reject(f"{name} is not indexed")
        await context.storage.set(entry["_id"], entry["title"])


class Fickle:
    """Fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.called_at: list[float] = []

    @hookimpl
    def collections_save_after(self, context: PluginContext) -> None:
        self.called_at.append(context.clock.time())
        if len(self.called_at) <= self.failures:
            raise Retry("not now")


async def test_an_event_with_what_cockpit_sent(gateway_tester: StartGateway) -> None:
    async with gateway_tester(plugins={"index": Index}) as gateway:
        event = await gateway.fire("collections.save.after")
        [delivery] = await gateway.settled()
    assert event.subjects == ("collections/posts/4b58352f633661936d0001e3",)
    assert (event.args[0], event.args[1]["title"], event.args[2]) == ("posts", "Hello", False)
    assert (delivery.state, delivery.target) == (DeliveryState.DELIVERED, "collections_save_after")


async def test_arguments_by_name_and_the_configuration(gateway_tester: StartGateway) -> None:
    config = {"plugins": {"index": {"collections": ["pages"]}}}
    async with gateway_tester(config, plugins={"index": Index}) as gateway:
        await gateway.fire("collections.save.after", name="pages", entry={"_id": "7", "title": "Seven"})
        await gateway.fire("collections.save.after")
        well, badly = await gateway.settled()
        assert await gateway.storage("index").get("7") == "Seven"
        [attempt] = await gateway.attempts(badly)
    assert (well.state, badly.state, badly.reason) == ("delivered", "dead", "posts is not indexed")
    assert (attempt.outcome, attempt.reason) == (Outcome.REJECTED, "posts is not indexed")


async def test_the_configuration_as_yaml(gateway_tester: StartGateway) -> None:
    yaml = """
        sources: {shop: {tokens: [swordfish-swordfish]}}
        plugins:
          index:
            collections: [orders]
    """
    async with gateway_tester(yaml, plugins={"index": Index}) as gateway:
        with pytest.raises(NotTakenError, match="the gateway answered 401"):
            await gateway.fire("collections.save.after")


async def test_days_of_retries_pass_at_once(gateway_tester: StartGateway, fake_clock: FakeClock) -> None:
    fickle = Fickle(failures=9)
    async with gateway_tester(plugins={"fickle": fickle}) as gateway:
        began = fake_clock.time()
        await gateway.fire("collections.save.after")
        [waiting] = await gateway.settled()
        assert (waiting.state, waiting.attempts) == (DeliveryState.PENDING, 1)
        [gone] = await gateway.let_pass(timedelta(days=20))
        attempts = await gateway.attempts(gone)
    assert gone.state is DeliveryState.DELIVERED
    assert [attempt.started_at for attempt in attempts] == fickle.called_at
    assert fickle.called_at == sorted(set(fickle.called_at))
    assert fickle.called_at[-1] - began > 24 * HOUR
    assert fake_clock.time() == pytest.approx(began + 20 * 24 * HOUR, abs=0.1)


async def test_time_stands_still_unless_it_is_let_pass(gateway_tester: StartGateway) -> None:
    fickle = Fickle(failures=1)
    schedule = {"plugins": {"fickle": {"handlers": {"retry": ["0s", "10s"]}}}}
    async with gateway_tester(schedule, plugins={"fickle": fickle}) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.let_pass(7)
        assert len(fickle.called_at) == 1
        await gateway.let_pass(6)
        assert len(fickle.called_at) == 2
    assert 8 <= fickle.called_at[1] - fickle.called_at[0] <= 12


async def test_a_rate_is_kept_by_the_tests_clock(gateway_tester: StartGateway, receiver: Receiver) -> None:
    endpoint = {"url": receiver.url, "events": ["collections.*"], "allow_private": True, "rate": "1/h"}
    async with gateway_tester({"plugins": {"webhook": {"endpoints": {"slow": endpoint}}}}) as gateway:
        for _ in range(3):
            await gateway.fire("collections.save.after")
        await gateway.settled()
        assert len(receiver.requests) == 1
        await gateway.let_pass(2 * HOUR)
        assert len(receiver.requests) == 3


async def test_endpoints_that_misbehave(gateway_tester: StartGateway, receiver: Receiver) -> None:
    endpoint = {"url": receiver.url, "events": ["collections.*"], "allow_private": True, "timeout": "1s"}
    receiver.answers += [Answer(503, {"Retry-After": "7200"}, b"later"), *Misbehaviour]
    async with gateway_tester({"plugins": {"webhook": {"endpoints": {"it": endpoint}}}}) as gateway:
        await gateway.fire("collections.save.after")
        [waiting] = await gateway.settled()
        assert waiting.due_at - gateway.clock.time() == pytest.approx(7200, abs=1)
        [delivered] = await gateway.let_pass(timedelta(days=7))
        reasons = [attempt.reason for attempt in await gateway.attempts(delivered)]
    assert delivered.state is DeliveryState.DELIVERED
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len(reasons) == 1 + 1 + len(Misbehaviour) - 1  # a status that came before the drip is an answer
    assert (reasons[0], reasons[-1]) == ("HTTP 503 Service Unavailable", None)


class Chain:
    """Emits an event for each saved entry, and hears of it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.settled: list[str] = []

    @hookimpl
    def register_events(self) -> list[Any]:
        return [shop_order_paid]

    @hookimpl
    async def collections_save_after(self, entry: dict[str, Any], context: PluginContext) -> None:
        await context.emit("shop.order.paid", [entry])

    @hookimpl
    async def shop_order_paid(self, order: dict[str, Any]) -> None:
        await asyncio.sleep(0.01)
        self.heard.append(order)

    @hookimpl
    async def delivery_settled(self, delivery: Delivery, attempt: Attempt) -> None:
        await asyncio.sleep(0.01)
        self.settled.append(f"{delivery.target} {attempt.outcome}")


@cockpit_event("shop.order.paid")
def shop_order_paid(order: Any, event: Event, context: PluginContext) -> None:
    """An order was paid."""


async def test_settled_waits_for_all_that_follows(gateway_tester: StartGateway) -> None:
    chain = Chain()
    async with gateway_tester(plugins={"chain": chain}) as gateway:
        await gateway.fire("collections.save.after", entry={"_id": "7"})
        assert len(await gateway.settled()) == 2
        assert chain.heard == [{"_id": "7"}]
        assert sorted(chain.settled) == ["collections_save_after delivered", "shop_order_paid delivered"]
        assert [event.name for event in await gateway.events()] == ["collections.save.after", "shop.order.paid"]


async def test_a_plugins_own_event_is_fired_by_name(gateway_tester: StartGateway) -> None:
    chain = Chain()
    async with gateway_tester(plugins={"chain": chain}) as gateway:
        await gateway.fire("shop.order.paid", order={"_id": "1"})
        await gateway.settled()
    assert chain.heard == [{"_id": "1"}]


async def test_a_second_gateway_finds_what_the_first_has_left(gateway_tester: StartGateway) -> None:
    fickle = Fickle(failures=1)
    async with gateway_tester(plugins={"fickle": fickle}) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
    async with gateway_tester(plugins={"fickle": fickle}) as gateway:
        [delivery] = await gateway.let_pass(HOUR)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


class Dropping:
    @hookimpl
    def filter_event(self, event: Event) -> None:
        raise Drop("nobody's business")


async def test_a_dropped_event(gateway_tester: StartGateway) -> None:
    async with gateway_tester(plugins={"dropping": Dropping}) as gateway:
        event = await gateway.fire("collections.save.after")
        assert await gateway.settled() == []
    assert (event.status, event.args) == ("dropped", [])


async def test_odd_bodies_and_headers(gateway_tester: StartGateway) -> None:
    config = "sources: {shop: {tokens: [swordfish-swordfish]}}"
    async with gateway_tester(config) as gateway:
        event = await gateway.post(b"", "shop/label", {"X-Gateway-Token": "swordfish-swordfish"})
    assert (event.status, event.label) == ("undecodable", "label")


async def test_noise_that_nobody_names_says_what_to_do(gateway_tester: StartGateway) -> None:
    async with gateway_tester() as gateway:
        with pytest.raises(NotTakenError, match=r"cockpit\.bootstrap is noise .*implement its hook"):
            await gateway.fire("cockpit.bootstrap")


async def test_an_argument_that_there_is_not_is_refused_with_the_nearest(gateway_tester: StartGateway) -> None:
    async with gateway_tester() as gateway:
        with pytest.raises(TypeError, match="has no argument 'entri', did you mean 'entry'"):
            await gateway.fire("collections.save.after", entri={})


async def test_an_event_that_nobody_knows_is_refused_with_the_nearest(gateway_tester: StartGateway) -> None:
    async with gateway_tester() as gateway:
        with pytest.raises(ValueError, match=r"did you mean 'collections\.save\.after'"):
            await gateway.fire("collection.save.after")
    async with gateway_tester("custom_events: [shop.*]\nsources: {website: {}}") as gateway:
        assert (await gateway.fire("shop.order.paid", 1)).args == [1]


async def test_what_makes_no_sense_is_refused(gateway_tester: StartGateway, fake_clock: FakeClock) -> None:
    with pytest.raises(TypeError, match="post takes the bytes of a body, not dict"):
        await gateway_tester().post({"event": "x"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time does not pass backwards"):
        fake_clock.let_pass(-5)


async def test_it_has_to_be_started(gateway_tester: StartGateway) -> None:
    with pytest.raises(RuntimeError, match="`async with` starts it"):
        await gateway_tester().fire("collections.save.after")


class Hanging:
    @hookimpl
    async def collections_save_after(self) -> None:
        await asyncio.Event().wait()


async def test_what_does_not_end_is_named(gateway_tester: StartGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit_gateway.testing.gateway.PATIENCE", 0.2)
    async with gateway_tester("server: {grace: 0s}", plugins={"hanging": Hanging}) as gateway:
        await gateway.fire("collections.save.after")
        with pytest.raises(TimeoutError, match="still runs: hanging:collections_save_after"):
            await gateway.settled()


def test_mistakes_in_the_configuration_are_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="collectionz"):
        GatewayTester(tmp_path, {"plugins": {"index": {"collectionz": []}}}, {"index": Index})


@cockpit_event("shop.sold", deprecated=HookDeprecationWarning("`shop_sold`", since="0.3", instead="drop it"))
def shop_sold(order: Any, event: Event, context: PluginContext) -> None:
    """Something was sold."""


class Declaring:
    @hookimpl
    def register_events(self) -> list[Any]:
        return [shop_sold]


class Old:
    @hookimpl
    def shop_sold(self) -> None: ...


def test_what_goes_away_is_a_warning(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="plugin old: `shop_sold` is deprecated since 0.3"):
        GatewayTester(tmp_path, plugins={"declaring": Declaring, "old": Old})


class Misspelt:
    @hookimpl
    def collection_save_after(self) -> None: ...


def test_a_broken_plugin_says_why(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="did you mean 'collections_save_after'"):
        GatewayTester(tmp_path, plugins={"misspelt": Misspelt})


def test_the_storage_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"there is no plugin 'finder'; there are: .*search"):
        GatewayTester(tmp_path, plugins={"search": Index}).storage("finder")


def test_tracebacks_in_the_log_hold_no_local_variables(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    request.getfixturevalue("gateway_tester")
    password = "hunter2"
    try:
        int(f"{len(password)} letters")
    except ValueError:
        structlog.get_logger().exception("it failed")
    said = capsys.readouterr().out
    assert "'7 letters'" in said
    assert password not in said


def test_a_name_that_is_taken_says_by_whom_and_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(
        PluginError, match=r"called 'webhook' already, from cockpit-gateway; .*\n.*plugins: \[webhook\]"
    ):
        GatewayTester(tmp_path, plugins={"webhook": Index})


DISTRIBUTIONS = Path(__file__).parents[1] / "data" / "distributions"


async def test_what_else_is_installed_takes_no_part(
    gateway_tester: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DISTRIBUTIONS))  # some of these are broken
    async with gateway_tester() as gateway:
        await gateway.fire("collections.save.after")
        assert await gateway.settled() == []
    async with gateway_tester(installed=["good"]) as gateway:
        await gateway.fire("collections.save.after")
        [delivery] = await gateway.settled()
    assert (delivery.plugin, delivery.state) == ("good", "delivered")


def test_what_is_not_installed_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no plugin 'webhok' is installed, did you mean 'webhook'"):
        GatewayTester(tmp_path, installed=["webhok"])
