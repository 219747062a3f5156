"""Event handlers as deliveries: called with what they ask for, retried, kept apart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gateways
import orjson
import pytest
from gateways import deliveries, wait_for

from cockpit_gateway import DeliveryState, Event, PluginContext, Reject, Retry, hookimpl
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.testing import captures

SAVE = captures.capture("collections.save.after").body


class Saves:
    """Handles saves on the loop, and keeps what it was called with."""

    def __init__(self, act: Callable[[], Awaitable[None]] | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._act = act

    @hookimpl
    async def collections_save_after(self, entry: Any, name: str, is_update: bool, event: Event) -> None:
        self.calls.append((name, entry["title"], is_update, event.id))
        if self._act is not None:
            await self._act()


class Failing:
    """Raises what it is given, one after the other, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.attempts = 0

    @hookimpl
    def collections_save_after(self) -> None:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)


def rules(plugin: str, settings: str) -> str:
    """Return the YAML of a source, and of a plugin with these settings of its handlers."""
    return f"sources: {{website: {{}}}}\nplugins: {{{plugin}: {{handlers: {{{settings}}}}}}}\n"


async def test_a_handler_gets_cockpits_arguments_by_name(tmp_path: Path) -> None:
    saves = Saves()
    async with gateways.running(tmp_path, plugins={"saves": saves}) as gateway:
        receipt = orjson.loads((await gateways.post(gateway, SAVE)).body)
        (delivery,) = await wait_for(gateway, DeliveryState.DELIVERED)
        assert saves.calls == [("posts", "Hello", False, receipt["id"])]
        assert (delivery.plugin, delivery.target, delivery.attempts) == ("saves", "collections_save_after", 1)


async def test_a_blocking_handler_runs_in_a_thread_of_its_plugin(tmp_path: Path) -> None:
    class Blocking:
        thread = ""

        @hookimpl
        def collections_save_after(self, context: PluginContext) -> None:
            self.thread = f"{context.name} in {threading.current_thread().name}"

    plugin = Blocking()
    async with gateways.running(tmp_path, plugins={"search": plugin}) as gateway:
        await gateways.post(gateway, SAVE)
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert plugin.thread.startswith("search in plugin-search-")


async def test_a_plugin_with_two_matching_hooks_gets_two_deliveries(tmp_path: Path) -> None:
    class Both(Saves):
        seen: str | None = None

        @hookimpl
        def any_event(self, event: Event) -> None:
            self.seen = event.name

    plugin = Both()
    async with gateways.running(tmp_path, plugins={"both": plugin}) as gateway:
        await gateways.post(gateway, SAVE)
        found = await wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert {delivery.target for delivery in found} == {"any_event", "collections_save_after"}
    assert plugin.seen == "collections.save.after"


async def test_unknown_and_undecodable_events_have_their_hooks(tmp_path: Path) -> None:
    class Watcher:
        def __init__(self) -> None:
            self.unknown: list[str] = []
            self.any: list[str] = []

        @hookimpl
        def unknown_event(self, event: Event) -> None:
            self.unknown.append(event.name)

        @hookimpl
        def any_event(self, event: Event) -> None:
            self.any.append(event.name)

    watcher = Watcher()
    async with gateways.running(tmp_path, plugins={"watcher": watcher}) as gateway:
        await gateways.post(gateway, b'{"event":"shop.order.placed","hook":"h","backend":1,"args":[7]}')
        await gateways.post(gateway, b"")
        await wait_for(gateway, DeliveryState.DELIVERED, 3)
    assert watcher.unknown == ["shop.order.placed"]
    assert sorted(watcher.any) == ["", "shop.order.placed"]


@pytest.mark.parametrize(
    "body",
    [b'{"event":"collections.save.after","args":[]}', b'{"event":"collections.save.after","args":{"0":null,"1":5}}'],
)
async def test_odd_arguments_arrive_as_they_are(tmp_path: Path, body: bytes) -> None:
    class Odd:
        got: tuple[Any, ...] = ()

        @hookimpl
        async def collections_save_after(self, name: Any, is_update: Any, event: Event) -> None:
            self.got = (name, is_update, event.name)

    odd = Odd()
    async with gateways.running(tmp_path, plugins={"odd": odd}) as gateway:
        await gateways.post(gateway, body)
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert odd.got == (None, None, "collections.save.after")


async def test_retry_is_obeyed_and_every_attempt_is_kept(tmp_path: Path) -> None:
    failing = Failing(Retry("busy", after=0.01), Retry("still busy", after=0.02))
    async with gateways.running(tmp_path, plugins={"failing": failing}) as gateway:
        await gateways.post(gateway, SAVE)
        (delivery,) = await wait_for(gateway, DeliveryState.DELIVERED)
        history = await gateway.store.attempts(delivery.id)
    assert failing.attempts == 3
    assert [(attempt.number, attempt.outcome, attempt.reason) for attempt in history] == [
        (1, "retry", "busy"),
        (2, "retry", "still busy"),
        (3, "delivered", None),
    ]


async def test_any_other_exception_waits_for_the_schedule(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"failing": Failing(ValueError("boom"))}) as gateway:
        await gateways.post(gateway, SAVE)
        (delivery,) = await wait_for(gateway, DeliveryState.PENDING)
        assert delivery.reason == "ValueError: boom"
        assert 4.0 <= delivery.due_at - delivery.created_at <= 7.0
        wanted = DeliveryFilter(ids=[delivery.id])
        step = await gateway.administration.replays.replay(wanted, None, new_ids=False)
        assert (step.changed, step.following) == (1, None)
        await wait_for(gateway, DeliveryState.DELIVERED)


async def test_reject_makes_a_dead_letter(tmp_path: Path) -> None:
    async with gateways.running(tmp_path, plugins={"failing": Failing(Reject("no such index"))}) as gateway:
        await gateways.post(gateway, SAVE)
        (delivery,) = await wait_for(gateway, DeliveryState.DEAD)
    assert delivery.reason == "no such index"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_a_handler_that_exits_is_a_failed_attempt_and_no_exit(tmp_path: Path, error: BaseException) -> None:
    async def exit_() -> None:
        raise error

    class Exiting:
        @hookimpl
        def collections_save_after(self) -> None:
            raise error

    saves = Saves()
    plugins = {"loop": Saves(exit_), "thread": Exiting(), "saves": saves}
    async with gateways.running(tmp_path, plugins=plugins) as gateway:
        await gateways.post(gateway, SAVE)
        await wait_for(gateway, DeliveryState.PENDING, 2)
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert len(saves.calls) == 1


async def test_the_claiming_outlives_a_defect_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit_gateway.delivery.claims.STORE_PAUSE", 0.01)
    failing = Failing(Retry("busy", after=0.01))
    async with gateways.running(tmp_path, plugins={"failing": failing}) as gateway:
        claim, failures = gateway.store.claim, [RuntimeError("a defect"), RuntimeError("another")]

        async def moody(*args: Any, **options: Any) -> Any:
            if failures:
                raise failures.pop()
            return await claim(*args, **options)

        monkeypatch.setattr(gateway.store, "claim", moody)
        await gateways.post(gateway, SAVE)
        await wait_for(gateway, DeliveryState.DELIVERED)
    assert failures == []


async def test_a_failing_plugin_harms_no_other(tmp_path: Path) -> None:
    saves = Saves()
    plugins = {"failing": Failing(*[ValueError("boom")] * 50), "saves": saves}
    async with gateways.running(tmp_path, plugins=plugins) as gateway:
        for _ in range(20):
            await gateways.post(gateway, SAVE)
        await wait_for(gateway, DeliveryState.DELIVERED, 20)
    assert len(saves.calls) == 20


async def test_an_async_handler_over_its_time_budget_is_stopped_and_retried(tmp_path: Path) -> None:
    saves = Saves(asyncio.Event().wait)  # type: ignore[arg-type]
    async with gateways.running(tmp_path, rules("saves", "timeout: 50ms"), {"saves": saves}) as gateway:
        await gateways.post(gateway, SAVE)
        (delivery,) = await wait_for(gateway, DeliveryState.PENDING)
        assert delivery.reason == "not finished within 0.05 s"


async def test_the_next_attempt_never_starts_while_a_thread_is_still_busy(tmp_path: Path) -> None:
    leave = threading.Event()

    class Hanging:
        @hookimpl
        def collections_save_after(self) -> None:
            leave.wait(gateways.PATIENCE)

    async with gateways.running(tmp_path, rules("hanging", "timeout: 50ms"), {"hanging": Hanging()}) as gateway:
        for _ in range(6):
            await gateways.post(gateway, SAVE)
        status = gateway.administration.plugin_status
        await gateways.eventually(lambda: status(gateway.registry.plugins["hanging"]) == "stuck")
        assert {delivery.state for delivery in await deliveries(gateway)} == {DeliveryState.RUNNING}
        leave.set()
        await wait_for(gateway, DeliveryState.PENDING, 4)
        assert status(gateway.registry.plugins["hanging"]) == "loaded"


async def test_a_handler_that_hangs_does_not_hold_up_the_exit_and_is_resumed(tmp_path: Path) -> None:
    leave = threading.Event()
    entered = threading.Event()

    class Hanging:
        @hookimpl
        def collections_save_after(self) -> None:
            entered.set()
            leave.wait(60)

    async with asyncio.timeout(gateways.PATIENCE):
        async with gateways.running(tmp_path, plugins={"plugin": Hanging()}) as gateway:
            await gateways.post(gateway, SAVE)
            await asyncio.to_thread(entered.wait)
            (before,) = await deliveries(gateway)
    leave.set()
    saves = Saves()
    async with gateways.running(tmp_path, plugins={"plugin": saves}) as gateway:
        (after,) = await wait_for(gateway, DeliveryState.DELIVERED)
    assert after.id == before.id
    assert len(saves.calls) == 1


async def test_noise_is_stored_once_a_handler_implements_its_hook(tmp_path: Path) -> None:
    class Reader:
        count = 0

        @hookimpl
        async def collections_find_after(self) -> None:
            self.count += 1

    reader = Reader()
    async with gateways.running(tmp_path, plugins={"reader": reader}) as gateway:
        for name in ("collections.find.after", "collections.find.after.posts", "collections.find.before"):
            await gateways.post(gateway, captures.capture(name).body)
        await wait_for(gateway, DeliveryState.DELIVERED, 2)
        assert [event.name for event in await gateways.stored(gateway)] == [
            "collections.find.after",
            "collections.find.after.posts",
        ]
    assert reader.count == 2


async def test_the_configuration_says_how_often_a_handler_is_called_again(tmp_path: Path) -> None:
    failing = Failing(*[RuntimeError("no") for _ in range(9)])
    async with gateways.running(tmp_path, rules("failing", "retry: [0s, 10ms, 10ms]"), {"failing": failing}) as gateway:
        await gateways.post(gateway, SAVE)
        (dead,) = await wait_for(gateway, DeliveryState.DEAD)
    assert (failing.attempts, dead.attempts) == (3, 3)


async def test_the_configuration_says_how_many_run_at_once(tmp_path: Path) -> None:
    enter, leave = threading.Semaphore(0), threading.Event()

    class Slow:
        @hookimpl
        def collections_save_after(self) -> None:
            enter.release()
            leave.wait(gateways.PATIENCE)

    async with gateways.running(tmp_path, rules("slow", "threads: 1, backlog: {rows: 3}"), {"slow": Slow()}) as gateway:
        for _ in range(3):
            await gateways.post(gateway, SAVE)
        await asyncio.to_thread(enter.acquire)
        assert gateway.administration.plugin_status(gateway.registry.plugins["slow"]) == "loaded"
        target = gateway.dispatcher.target(TargetId("slow", "collections_save_after"))
        assert target is not None
        assert target.backlog.rows == 3
        assert not enter.acquire(blocking=False)
        leave.set()
        await wait_for(gateway, DeliveryState.DELIVERED, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("timeout: 0s", "plugins.saves.handlers.timeout"),
        ("treads: 2", "unknown key, did you mean 'threads'?"),
        ("retry: [soon]", "plugins.saves.handlers.retry[0]"),
    ],
)
def test_mistakes_in_it_are_shown_where_they_stand(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        gateways.assemble(tmp_path, rules("saves", settings), {"saves": Saves()})
    assert message in str(caught.value)


def test_only_a_plugin_with_handlers_has_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="handlers: unknown key"):
        gateways.assemble(tmp_path, rules("redact", "threads: 2"))
