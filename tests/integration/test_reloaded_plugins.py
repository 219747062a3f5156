"""Reloading, as plugins see it: made anew, given other settings, or left alone; and what waits for them meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

import gateways
import pytest

from cockpit_gateway import Delivery, Event, Planned, PluginContext, Target, hookimpl
from cockpit_gateway.config import PluginConfig
from cockpit_gateway.config.differences import Change
from cockpit_gateway.config.problems import render_path
from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.errors import PluginError
from cockpit_gateway.testing import GatewayTester
from cockpit_gateway.threads import FEW


def names(changes: Iterable[Change]) -> set[str]:
    return {render_path(change.path) for change in changes}


class Probe(PluginConfig):
    word: str = "one"
    fails: bool = False


class Started:
    """A plugin with a life, made by a class."""

    Config = Probe

    def __init__(self) -> None:
        self.word = ""

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        self.word = context.config.word
        return [Target(self.word)]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        return [Planned(self.word)]

    @hookimpl
    async def deliver(self, delivery: Delivery, context: PluginContext) -> None:
        lives.append(f"{self.word} delivers to {delivery.target}")

    @hookimpl
    async def gateway_started(self, context: PluginContext) -> None:
        lives.append(f"{self.word} starts")
        if context.config.fails:
            raise RuntimeError(f"{self.word} has no disk")

    @hookimpl
    async def gateway_stopping(self) -> None:
        lives.append(f"{self.word} stops")


lives: list[str] = []


async def test_a_class_is_made_anew_and_the_old_object_is_stopped(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Started}) as gateway:
        await gateway.reload("plugins: {probe: {word: two}}")
        await gateways.eventually(lambda: "one stops" in lives)
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert lives == ["one starts", "two starts", "one stops", "two delivers to two", "two stops"]


async def test_a_plugin_whose_settings_stay_is_left_alone(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Started}) as gateway:
        await gateway.reload("sources: {website: {}, shop: {}}\nplugins: {probe: {}}")
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert lives == ["one starts", "one delivers to one", "one stops"]


async def test_a_plugin_that_does_not_start_changes_nothing(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Started}) as gateway:
        with pytest.raises(PluginError, match="plugin probe failed to start: RuntimeError: two has no disk"):
            await gateway.reload("sources: {shop: {}}\nplugins: {probe: {word: two, fails: true}}")
        assert list(gateway.gateway.settings.sources) == ["website"]
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert lives == ["one starts", "two starts", "two stops", "one delivers to one", "one stops"]


class Simple:
    """Without a life of its own, and given as an object."""

    Config = Probe

    @hookimpl
    def collections_save_after(self, context: PluginContext) -> None:
        lives.append(context.config.word)


class Told:
    """An observer."""

    Config = Probe

    @hookimpl
    def delivery_settled(self, delivery: Delivery, context: PluginContext) -> None:
        lives.append(f"{context.config.word} is told of {delivery.plugin}")


async def test_an_observer_with_new_settings_is_told_what_follows(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Told, "simple": Simple()}) as gateway:
        await gateway.fire("collections.save.after")
        await gateway.settled()
        await gateway.reload("plugins: {probe: {word: two}}")
        await gateway.fire("collections.save.after")
        await gateways.eventually(lambda: "two is told of simple" in lives)
    assert lives == ["one", "one is told of simple", "one", "two is told of simple"]


async def test_an_object_without_a_life_of_its_own_gets_its_new_settings(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Simple()}) as gateway:
        done = await gateway.reload("plugins: {probe: {word: two, handlers: {timeout: 3s}}}")
        assert names(done.changes) == {"plugins.probe"}
        target = gateway.gateway.dispatcher.target(TargetId("probe", "collections_save_after"))
        assert target is not None
        assert target.timeout == 3.0
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert lives == ["two"]


async def test_an_object_with_a_life_of_its_own_needs_a_restart(tmp_path: Path) -> None:
    lives.clear()
    async with GatewayTester(tmp_path, plugins={"probe": Started()}) as gateway:
        for _ in range(2):
            done = await gateway.reload("sources: {website: {}, shop: {}}\nplugins: {probe: {word: two}}")
            assert names(done.deferred) == {"plugins.probe"}
        assert list(gateway.gateway.settings.sources) == ["website", "shop"]
        await gateway.fire("collections.save.after")
        await gateway.settled()
    assert lives == ["one starts", "one delivers to one", "one stops"]


async def test_attempts_under_way_end_as_they_began(tmp_path: Path) -> None:
    lives.clear()
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow(Started):
        @hookimpl
        async def deliver(self, delivery: Delivery, context: PluginContext) -> None:
            entered.set()
            await leave.wait()
            lives.append(f"{self.word} delivers for {context.config.word}")

        @hookimpl
        def register_targets(self, context: PluginContext) -> list[Target]:
            self.word = context.config.word
            return [Target("same")]

        @hookimpl
        def plan_deliveries(self, event: Event) -> list[Planned]:
            return [Planned("same")]

    async with GatewayTester(tmp_path, plugins={"probe": Slow}) as gateway:
        await gateway.fire("collections.save.after")
        await entered.wait()
        await gateway.reload("plugins: {probe: {word: two}}")
        assert lives == ["one starts", "two starts"]
        leave.set()
        [delivery] = await gateway.settled()
        assert delivery.state is DeliveryState.DELIVERED
        await gateways.eventually(lambda: "one stops" in lives)
    assert lives == ["one starts", "two starts", "one delivers for one", "one stops", "two stops"]


async def test_what_waits_in_memory_for_a_removed_target_is_given_back(tmp_path: Path) -> None:
    lives.clear()
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow(Started):
        @hookimpl
        async def deliver(self, delivery: Delivery) -> None:
            entered.set()
            await leave.wait()

        @hookimpl
        def register_targets(self, context: PluginContext) -> list[Target]:
            self.word = context.config.word
            return [Target(self.word, concurrency=1)]

    async with GatewayTester(tmp_path, plugins={"probe": Slow}) as gateway:
        for _ in range(5):
            await gateway.fire("collections.save.after")
        await entered.wait()
        assert len(await gateway.deliveries(DeliveryState.RUNNING)) == 5
        await gateway.reload("plugins: {probe: {word: two}}")
        async with asyncio.timeout(gateways.PATIENCE):
            while len(await gateway.deliveries(DeliveryState.PENDING)) < 4:
                await asyncio.sleep(0.01)
        leave.set()
        states = [delivery.state for delivery in await gateway.settled()]
        assert sorted(states) == [DeliveryState.DELIVERED, *[DeliveryState.PENDING] * 4]
        await gateway.reload("plugins: {probe: {}}")
        assert {delivery.state for delivery in await gateway.settled()} == {DeliveryState.DELIVERED}


async def test_what_waits_for_a_thread_when_its_target_goes_is_given_back(tmp_path: Path) -> None:
    """Its plugin's old threads end; whoever asked for one of them later would wait for ever."""
    lives.clear()
    staying = [f"stays-{number}" for number in range(FEW)]
    entered, leave = threading.Barrier(FEW + 1), threading.Event()

    class Blocking:
        Config = Probe

        @hookimpl
        def register_targets(self, context: PluginContext) -> list[Target]:
            return [Target(name) for name in [*staying, *(["goes"] if context.config.word == "one" else [])]]

        @hookimpl
        def plan_deliveries(self, event: Event) -> list[Planned]:
            return [Planned(name) for name in [*staying, "goes"]]

        @hookimpl
        def deliver(self, delivery: Delivery) -> None:
            if not leave.is_set():
                entered.wait(gateways.PATIENCE)
            leave.wait(gateways.PATIENCE)
            lives.append(delivery.target)

    async with GatewayTester(tmp_path, plugins={"probe": Blocking}) as gateway:
        await gateway.fire("collections.save.after")
        await asyncio.to_thread(entered.wait, gateways.PATIENCE)
        await gateways.eventually(lambda: gateway.gateway.dispatcher.running == FEW + 1)
        await gateway.reload("plugins: {probe: {word: two}}")
        leave.set()
        states = {delivery.target: delivery.state for delivery in await gateway.settled()}
        assert states == dict.fromkeys(staying, DeliveryState.DELIVERED) | {"goes": DeliveryState.PENDING}
        await gateway.reload("plugins: {probe: {}}")
        await gateways.eventually(lambda: "goes" in lives)
