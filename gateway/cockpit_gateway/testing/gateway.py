"""A gateway inside a test: with a plugin, on real sockets and a real store, with a clock that a test moves."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent
from typing import Any, Protocol, Self

import aiohttp

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import ConfigFile
from cockpit_gateway.config.problems import Data
from cockpit_gateway.config.sentences import did_you_mean
from cockpit_gateway.contract import NAMESPACE
from cockpit_gateway.daemon import validate
from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState
from cockpit_gateway.errors import GatewayError, PluginError
from cockpit_gateway.events import Event, JSONValue
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.loading import BUILT_IN
from cockpit_gateway.reloading import Reload
from cockpit_gateway.storage import PluginStorage
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.testing.clock import FakeClock
from cockpit_gateway.testing.events import EventFactory
from cockpit_gateway.tracing import HookCall

PATIENCE = 15.0
"""Seconds that what was set going may take, by the machine's clock."""

MOST_LISTED = 1000

_A_SOURCE = "sources: {website: {}}"
_SOON = 0.001
_HAS_SOURCES = re.compile(r"^sources\s*:", re.MULTILINE)


class NotTakenError(GatewayError):
    """The gateway did not take an event that a test fired."""


class GatewayTester:
    """A gateway inside a test; `async with` starts and stops it.

    It is the daemon's, with two differences: it listens on a free port, and its clock stands still until `let_pass`.

    Args:
        directory: Where its store is, unless the configuration says otherwise.
        config: The configuration, as YAML (as far indented as the test is, if wanted) or as a mapping; without
            `sources`, there is one called "website".
        plugins: Plugins by name: modules, classes or objects. They and those that come with the gateway take part.
        installed: The names of plugins that take part as they are installed; others that are installed do not.
        clock: The clock; None for a `FakeClock`.

    Raises:
        ConfigError: the configuration has mistakes; the message shows each.
        PluginError: a plugin is broken, or not installed; the message says why.

    Attributes:
        calls: Every call of a hook that has ended, with its arguments, result or error, in the order of their ends.
        clock: The clock.
        gateway: The gateway, for what this class does not show; its inner parts may change at any time.

    Example:
        >>> async with GatewayTester(tmp_path, plugins={"search": Search}) as gateway:  # doctest: +SKIP
        ...     await gateway.fire("collections.save.after", entry={"_id": "7"})
        ...     [delivery] = await gateway.settled()
        ...     assert delivery.state == "delivered"
    """

    def __init__(
        self,
        directory: Path,
        config: str | Mapping[str, Any] = "",
        plugins: Mapping[str, object] | None = None,
        clock: Clock | None = None,
        *,
        installed: Collection[str] = (),
    ) -> None:
        self.clock: Clock = clock or FakeClock()
        file = _file(config, directory)
        validated, registry, catalogue = validate(file, _others(installed), plugins)
        for plugin in registry.plugins.values():
            for told in plugin.warnings:
                warnings.warn(f"plugin {plugin.name}: {told}", DeprecationWarning, stacklevel=2)
        self._stack = AsyncExitStack()
        self.calls: list[HookCall] = []
        self._stack.enter_context(registry.trace.watch(self.calls.append))
        self.gateway = Gateway(validated, registry, catalogue, self.clock)
        self._catalogue = catalogue
        self._directory = directory
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.gateway.stop)
        try:
            await self.gateway.start()
            self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """Where it listens, "http://127.0.0.1:<port>"; "" before it is started."""
        return self.gateway.listeners.address

    async def fire(self, name: str, /, *args: JSONValue, **changes: JSONValue) -> Event:
        """Post an event to the first source, as Cockpit does, with the arguments that a real Cockpit sent.

        Args:
            name: The event's name.
            args: Arguments by position, instead of the recorded ones.
            changes: Arguments by the names that the hook gives them, instead of the recorded ones.

        Returns:
            The event, as it was stored.

        Raises:
            NotTakenError: it was not stored: it is noise that nobody names, or a source refused it.
            TypeError: the event has no argument of that name.
            ValueError: nothing is known of such an event.

        Example:
            >>> await gateway.fire("collections.remove.after", name="posts", result=1)  # doctest: +SKIP
        """
        if not self._catalogue.is_known(name):
            nearest = self._catalogue.suggest(name)
            meant = f", did you mean {nearest!r}?" if nearest else "; declare it by register_events or custom_events"
            raise ValueError(f"nothing is known of an event {name!r}{meant}")
        return await self.post(EventFactory(self._catalogue).make(name, *args, **changes).body)

    async def post(self, body: bytes, source: str | None = None, headers: Mapping[str, str] | None = None) -> Event:
        """Post what Cockpit might send, however odd it is.

        Args:
            body: The bytes.
            source: The source's name, and a label if wanted ("website/label"); None for the first source.
            headers: Headers, such as the source's token.

        Returns:
            The event, as it was stored.

        Raises:
            NotTakenError: it was not stored.
        """
        if not isinstance(body, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - a test's
            raise TypeError(f"post takes the bytes of a body, not {type(body).__name__}; `fire` makes events")
        if self._session is None:
            raise RuntimeError("the gateway does not run; `async with` starts it")
        path = source or next(iter(self.gateway.settings.sources))
        sent = {"Content-Type": "application/json", **(headers or {})}
        async with self._session.post(f"{self.url}/cockpit/{path}", data=body, headers=sent) as answer:
            said = await answer.json(content_type=None)
        if answer.status != HTTPStatus.ACCEPTED:
            raise NotTakenError(f"the gateway answered {answer.status}: {said.get('detail', said)}")
        if "ignored" in said:
            raise NotTakenError(
                f"{said['ignored']} is noise and nobody names it: implement its hook, name it at an endpoint, or "
                "under the source's `accept`"
            )
        return await self.gateway.store.event(said["id"])

    async def reload(self, config: str | Mapping[str, Any]) -> Reload:
        """Put another configuration in force, as `cockpit-gateway reload` does.

        Args:
            config: As for the class.

        Returns:
            What is different, and what waits for a restart.

        Raises:
            ConfigError: it has mistakes; nothing has changed.
            PluginError: a plugin failed to start with it; nothing has changed.
        """
        return await self.gateway.reload(_file(config, self._directory))

    async def settled(self) -> list[Delivery]:
        """Wait until nothing happens any more unless time passes.

        Returns:
            All deliveries, oldest first.

        Raises:
            TimeoutError: something still runs after 15 seconds.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.sleep(_SOON)  # what time that has passed sets going begins on the loop's next rounds
                while self._is_busy():  # noqa: ASYNC110 - there is no event for "nothing more to do"
                    await asyncio.sleep(_SOON)
        except TimeoutError:
            running = await self.deliveries(DeliveryState.RUNNING)
            names = ", ".join(str(found.target_id) for found in running) or "what follows from deliveries"
            raise TimeoutError(f"after {PATIENCE:.0f} s there still runs: {names}") from None
        return await self.deliveries()

    def _is_busy(self) -> bool:
        return self.gateway.dispatcher.idle_for() == 0 or not self.gateway.observers.idle

    async def let_pass(self, time: float | timedelta) -> list[Delivery]:
        """Let time pass, at once; whatever falls due in it happens when it is due.

        Args:
            time: How much, in seconds or as a timedelta.

        Returns:
            All deliveries, oldest first.

        Raises:
            TimeoutError: something still runs after 15 seconds.
            TypeError: the gateway's clock is another one.

        Example:
            >>> await gateway.let_pass(timedelta(days=3))  # doctest: +SKIP
        """
        if not isinstance(self.clock, FakeClock):
            raise TypeError(f"time passes for a FakeClock, and this gateway has a {type(self.clock).__name__}")
        left = time.total_seconds() if isinstance(time, timedelta) else time
        while True:
            await self.settled()
            wait = self.gateway.dispatcher.idle_for()
            step = left if wait is None else min(left, max(wait, _SOON))
            if not left:
                return await self.deliveries()
            self.clock.let_pass(step)
            left -= step

    def storage(self, plugin: str) -> PluginStorage:
        """Return what a plugin keeps.

        Raises:
            KeyError: there is no such plugin.
        """
        known = self.gateway.registry.config_models()
        if plugin not in known:
            raise KeyError(f"there is no plugin {plugin!r}; there are: {', '.join(sorted(known))}")
        return PluginStorage(plugin, self.gateway.store)

    async def events(self) -> list[Event]:
        """Return the stored events, oldest first."""
        found = await self.gateway.store.events(EventFilter(limit=MOST_LISTED))
        return list(reversed(found))

    async def deliveries(self, state: DeliveryState | None = None) -> list[Delivery]:
        """Return the deliveries, oldest first.

        Args:
            state: Those in this state only.
        """
        found = await self.gateway.store.deliveries(
            DeliveryFilter(states=() if state is None else (state,), limit=MOST_LISTED)
        )
        return list(reversed(found))

    async def attempts(self, delivery: Delivery) -> Sequence[Attempt]:
        """Return the attempts that were made at a delivery, with their outcomes, oldest first."""
        return await self.gateway.store.attempts(delivery.id)


class StartGateway(Protocol):
    """What the fixture `gateway_tester` is: it makes gateways; see `GatewayTester` for the parameters."""

    def __call__(
        self,
        config: str | Mapping[str, Any] = "",
        *,
        plugins: Mapping[str, object] | None = None,
        installed: Collection[str] = (),
    ) -> GatewayTester:
        """Make one; `async with` starts and stops it."""
        ...


def _others(wanted: Collection[str]) -> list[str]:
    """Return the installed plugins that a test has not asked for: it does not depend on what else is installed."""
    found = {entry.name: entry.dist.name if entry.dist else None for entry in entry_points(group=NAMESPACE)}
    for name in wanted:
        if name not in found:
            nearest = did_you_mean(name, found) or f"; there are: {', '.join(sorted(found))}"
            raise PluginError(f"no plugin {name!r} is installed{nearest}")
    return [name for name, distribution in found.items() if distribution != BUILT_IN and name not in wanted]


def _text(config: str | Mapping[str, Any]) -> str:
    if isinstance(config, str):
        config = dedent(config)
        return config if _HAS_SOURCES.search(config) else f"{config}\n{_A_SOURCE}\n"
    return json.dumps({"sources": {"website": {}}} | dict(config), default=str)


def _file(config: str | Mapping[str, Any], directory: Path) -> ConfigFile:
    return ConfigFile.from_text(_text(config), "test.yaml").with_defaults(_placed_in(directory))


def _placed_in(directory: Path) -> dict[str, Data]:
    """Return a free port and a store in a directory, for a configuration that names no others."""
    return {"server": {"listen": "127.0.0.1:0", "grace": 2.0}, "store": f"sqlite:{directory}/gateway.db"}
