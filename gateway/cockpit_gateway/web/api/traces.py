"""Those who watch: they are told of calls of hooks as they end, until one side goes."""

from __future__ import annotations

import asyncio
import json
import traceback
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from cockpit_gateway.deliveries import Attempt, Delivery, Response
from cockpit_gateway.errors import ConflictError
from cockpit_gateway.events import Event
from cockpit_gateway.loading import own_frames
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Planned
from cockpit_gateway.tracing import HookCall, HookTrace
from cockpit_gateway.web.api.views.base import iso
from cockpit_gateway.web.api.views.traces import TracedCall

MOST_WATCHERS = 8

MOST_WAITING = 1000
"""Calls that wait for one watcher; beyond that they are counted, not kept."""

SIGN_OF_LIFE = 10.0
"""Seconds without a call after which an empty line is sent: a watcher that is gone is noticed by it."""

_GIVEN_BY_THE_GATEWAY = (PluginContext, Event, Delivery, Attempt)

LONGEST_ARGUMENT = 400
"""Characters of an argument that are shown."""


class Watchers:
    """Those who watch.

    Args:
        trace: Tells of the calls.
        hide: Takes the configuration's secrets out of a text.
    """

    def __init__(self, trace: HookTrace, hide: Callable[[str], str]) -> None:
        self._trace = trace
        self._hide = hide
        self._queues: set[_Calls] = set()

    def end(self) -> None:
        """Let all of them go: the gateway stops."""
        for calls in self._queues:
            calls.end()

    def watch(
        self, plugins: Sequence[str], hooks: Sequence[str], *, with_arguments: bool
    ) -> AsyncIterator[TracedCall | None]:
        """Return calls as they end, and None now and then when there is none.

        Args:
            plugins: Only of these, of any if there are none.
            hooks: Only of these, of any if there are none.
            with_arguments: True to tell what Cockpit sent.

        Raises:
            ConflictError: enough watch already.
        """
        if len(self._queues) >= MOST_WATCHERS:
            raise ConflictError(f"{MOST_WATCHERS} watch already")
        view = partial(self._view, with_arguments=with_arguments)
        return self._told(_Calls(view, _Wanted(plugins, hooks)))

    async def _told(self, calls: _Calls) -> AsyncIterator[TracedCall | None]:
        self._queues.add(calls)
        try:
            with self._trace.watch(calls.note):
                async for call in calls:
                    yield call
        finally:
            self._queues.discard(calls)

    def _view(self, call: HookCall, *, with_arguments: bool) -> TracedCall:
        delivery = call.arguments.get("delivery")
        event = call.event
        return TracedCall(
            began_at=iso(call.began_at),
            plugin=call.plugin,
            hook=call.hook,
            seconds=round(call.duration, 6),
            event=None if event is None else event.name,
            event_id=None if event is None else event.id,
            source=None if event is None else event.source,
            subjects=None if event is None else list(event.subjects),
            delivery_id=delivery.id if isinstance(delivery, Delivery) else None,
            result=None if call.error else _result(call),
            error=None if call.error is None else self._hide(_one_line(call.error)),
            where=None if call.error is None else _where(call.error),
            arguments=_arguments(call.arguments) if with_arguments else None,
            missed=0,
        )


class _Wanted(NamedTuple):
    """What one watcher wants to see; nothing stands for anything."""

    plugins: Sequence[str]
    hooks: Sequence[str]

    def has(self, call: HookCall) -> bool:
        """Tell whether a call is wanted."""
        by_plugin = not self.plugins or call.plugin in self.plugins
        return by_plugin and (not self.hooks or call.hook in self.hooks)


class _Calls:
    """The calls that one watcher has still to be told of.

    Args:
        view: Says what is to be told of a call, so that the call itself, and its event's body, need not be kept.
        wanted: Which calls.
    """

    def __init__(self, view: Callable[[HookCall], TracedCall], wanted: _Wanted) -> None:
        self._view = view
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[TracedCall | None] = asyncio.Queue()
        self._missed = 0

    def note(self, call: HookCall) -> None:
        """Take a call, from whatever thread."""
        if self._wanted.has(call):
            self._loop.call_soon_threadsafe(self._put, self._view(call))

    def end(self) -> None:
        """Let the watcher go."""
        self._waiting.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[TracedCall | None]:
        """Yield calls, with the number of those that were left out before, and None when there is none for a while."""
        while True:
            try:
                async with asyncio.timeout(SIGN_OF_LIFE):
                    call = await self._waiting.get()
            except TimeoutError:
                yield None
                continue
            if call is None:
                return
            missed, self._missed = self._missed, 0
            yield call.model_copy(update={"missed": missed})

    def _put(self, call: TracedCall) -> None:
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put_nowait(call)
        else:
            self._missed += 1


def _result(call: HookCall) -> str | None:
    """Return in a word or two what a hook returned; what it says of events stays out."""
    result = call.result
    if isinstance(result, Response):
        return "delivered" if result.status is None else f"HTTP {result.status}"
    if isinstance(result, Event):
        return None if result is call.event else "a changed event"
    if isinstance(result, list | tuple):
        planned = [found.target for found in result if isinstance(found, Planned)]
        return ", ".join(planned) if planned else f"{len(result)} of them"
    return None if result is None else type(result).__name__


def _one_line(error: BaseException) -> str:
    if isinstance(error, CancelledError):
        return "it ran out of time, or the gateway stopped"
    return " ".join(f"{type(error).__name__}: {error}".split())


def _where(error: BaseException) -> str | None:
    """Return the plugin's own line that it came from."""
    frames = own_frames(traceback.extract_tb(error.__traceback__))
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def _arguments(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return what Cockpit sent, each argument in brief."""
    given = {name: value for name, value in arguments.items() if not isinstance(value, _GIVEN_BY_THE_GATEWAY)}
    return {name: _brief(value) for name, value in given.items()}


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=lambda other: type(other).__name__)
    return text if len(text) <= LONGEST_ARGUMENT else f"{text[:LONGEST_ARGUMENT]}…"
