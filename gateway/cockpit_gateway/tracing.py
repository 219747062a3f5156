"""Tracing: every call of a plugin's hook is timed, and told with all there is to know to whoever watches."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import structlog

from cockpit_gateway.events import Event
from cockpit_gateway.telemetry.context import calling
from cockpit_gateway.telemetry.metrics.hooks import Tally

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call of a hook, and what came of it.

    Attributes:
        plugin: The plugin's name.
        hook: The hook's name.
        arguments: What it got, by name; those parameters only that it takes.
        event: The event that it was called for, None for a hook that is not called for one.
        began_at: Seconds since the Unix epoch.
        duration: Seconds; of a `def`, those in its thread.
        result: What it returned.
        error: What it raised, None if it returned. A call that ran out of time raises `asyncio.CancelledError`.
    """

    plugin: str
    hook: str
    arguments: Mapping[str, Any]
    event: Event | None
    began_at: float
    duration: float = 0.0
    result: Any = None
    error: BaseException | None = None


class Hook(Protocol):
    """An implementation of a hook."""

    @property
    def plugin(self) -> str:
        """The plugin's name."""
        ...

    @property
    def hook(self) -> str:
        """The hook's name."""
        ...

    @property
    def function(self) -> Callable[..., Any]:
        """The function."""
        ...

    @property
    def is_async(self) -> bool:
        """True for `async def`."""
        ...

    @property
    def parameters(self) -> Sequence[str]:
        """Those that it takes."""
        ...


Watcher: TypeAlias = Callable[[HookCall], None]
"""Is told of a call, in whatever thread it was made."""


class HookTrace:
    """Makes the calls, counts them, and tells of them.

    Attributes:
        tallies: Where they are counted, by plugin and hook.
    """

    def __init__(self) -> None:
        self._watchers: tuple[Watcher, ...] = ()
        self.tallies: MutableMapping[tuple[str, str], Tally] = defaultdict(Tally)

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    @contextmanager
    def watch(self, watcher: Watcher) -> Generator[None]:
        """Have calls told while this lasts."""
        self._watchers = (*self._watchers, watcher)
        try:
            yield
        finally:
            self._watchers = tuple(other for other in self._watchers if other is not watcher)

    def call(self, hook: Hook, values: Mapping[str, Any]) -> Any:
        """Call a hook; what it logs says whose it is.

        Args:
            hook: What is called.
            values: What it can take, by name.

        Returns:
            What it returns; of an `async def`, an awaitable of that.
        """
        if self._watchers:
            return self._watched(hook, values)
        arguments = [values[name] for name in hook.parameters]
        return self._awaitable(hook, arguments) if hook.is_async else self._call(hook, arguments)

    def _call(self, hook: Hook, arguments: Sequence[Any]) -> Any:
        tally = self.tallies[hook.plugin, hook.hook]
        token = calling.set(hook.plugin)
        began = time.perf_counter()
        try:
            return hook.function(*arguments)
        except BaseException as error:
            tally.raised(error)
            raise
        finally:
            tally.called(time.perf_counter() - began)
            calling.reset(token)

    async def _awaitable(self, hook: Hook, arguments: Sequence[Any]) -> Any:
        tally = self.tallies[hook.plugin, hook.hook]
        calling.set(hook.plugin)  # for as long as its task, which is the plugin's
        began = time.perf_counter()
        try:
            return await hook.function(*arguments)
        except BaseException as error:
            tally.raised(error)
            raise
        finally:
            tally.called(time.perf_counter() - began)

    def _watched(self, hook: Hook, values: Mapping[str, Any]) -> Any:
        arguments = {name: values[name] for name in hook.parameters}
        telling = _Telling(self, HookCall(hook.plugin, hook.hook, arguments, values.get("event"), time.time()))
        given = tuple(arguments.values())
        if hook.is_async:
            return telling.until_done(self._awaitable(hook, given))
        try:
            result = self._call(hook, given)
        except BaseException as error:
            telling.tell(error=error)
            raise
        telling.tell(result)
        return result

    def tell(self, call: HookCall) -> None:
        """Tell of a call; a watcher that fails changes nothing for whoever called."""
        for watcher in self._watchers:
            try:
                watcher(call)
            except Exception:
                log.exception("a call cannot be told of", plugin=call.plugin, hook=call.hook)


def log_call(call: HookCall) -> None:
    """Log a call, at the level "debug": a watcher."""
    outcome = "returned" if call.error is None else type(call.error).__name__
    log.debug("hook called", plugin=call.plugin, hook=call.hook, ms=round(call.duration * 1000, 3), outcome=outcome)


class _Telling:
    """A call that is under way."""

    def __init__(self, trace: HookTrace, begun: HookCall) -> None:
        self._trace = trace
        self._begun = begun
        self._began = time.perf_counter()

    def tell(self, result: Any = None, error: BaseException | None = None) -> None:
        self._trace.tell(replace(self._begun, duration=time.perf_counter() - self._began, result=result, error=error))

    async def until_done(self, running: Awaitable[Any]) -> Any:
        try:
            result = await running
        except BaseException as error:
            self.tell(error=error)
            raise
        self.tell(result)
        return result
