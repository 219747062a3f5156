"""Observers: told what became of each attempt, and harmless whatever they do."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import gateways
import pytest

from cockpit_gateway import Attempt, Delivery, DeliveryState, PluginContext, Reject, hookimpl
from cockpit_gateway.delivery import observers
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body
RULES = "sources: {website: {}}\nplugins: {work: {handlers: {retry: [0s, 10ms]}}}\n"


class Work:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    @hookimpl
    async def collections_save_after(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class Watching:
    """Keeps what it is told, in the loop or in threads."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, str, str | None]] = []
        self.thread = ""

    @hookimpl
    def delivery_settled(self, delivery: Delivery, attempt: Attempt) -> None:
        self.thread = threading.current_thread().name
        self.told.append((delivery.state.value, attempt.number, attempt.outcome.value, delivery.reason))


async def test_each_end_of_an_attempt_is_told_in_order(tmp_path: Path) -> None:
    watching = Watching()
    plugins = {"work": Work(RuntimeError("first")), "watching": watching}
    async with gateways.running(tmp_path, RULES, plugins) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.eventually(lambda: len(watching.told) == 2)
    assert watching.told == [
        ("pending", 1, "retry", "RuntimeError: first"),
        ("delivered", 2, "delivered", None),
    ]
    assert watching.thread.startswith("plugin-watching")


async def test_what_waits_is_told_before_the_end(tmp_path: Path) -> None:
    watching = Watching()
    async with gateways.running(tmp_path, RULES, {"work": Work(Reject("no")), "watching": watching}) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DEAD)
    assert watching.told == [("dead", 1, "rejected", "no")]


class Raising:
    @hookimpl
    async def delivery_settled(self, context: PluginContext) -> None:
        raise RuntimeError("cannot watch")


class Hanging:
    @hookimpl
    async def delivery_settled(self) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("observer", [Raising(), Hanging()])
async def test_one_that_fails_or_hangs_holds_up_nothing(
    tmp_path: Path, observer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observers, "MOST_WAITING", 2)
    monkeypatch.setattr(observers, "PATIENCE", 0.05)
    watching = Watching()
    plugins = {"work": Work(), "bad": observer, "watching": watching}
    async with gateways.running(tmp_path, RULES, plugins) as gateway:
        for number in range(6):
            await gateways.post(gateway, SAVE)
            await gateways.eventually(lambda expected=number + 1: len(watching.told) == expected)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 6)
        metrics = gateway.metrics.text().decode()
    counted = ('hook_failures_total{hook="delivery_settled",plugin="bad"}', 'outcomes_untold_total{plugin="bad"}')
    found = [line for line in metrics.splitlines() if any(name in line for name in counted)]
    assert sum(float(line.split()[-1]) for line in found) >= 3
