"""The admin API's trace: calls of hooks as they end, a JSON object a line, until one side goes."""

from __future__ import annotations

import asyncio
import json
import traceback
from asyncio import CancelledError
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiohttp import web

from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import Attempt, Delivery, Response
from cockpit_gateway.errors import ConflictError
from cockpit_gateway.events import Event, encode_json
from cockpit_gateway.loading import own_frames
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import Planned
from cockpit_gateway.tracing import HookCall, HookTrace
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.views import View, iso

MOST_WATCHERS = 8

MOST_WAITING = 1000
"""Calls that wait for one watcher; beyond that they are counted, not kept."""

SIGN_OF_LIFE = 10.0
"""Seconds without a call after which an empty line is sent: a watcher that is gone is noticed by it."""

_GIVEN_BY_THE_GATEWAY = (PluginContext, Event, Delivery, Attempt)

LONGEST_ARGUMENT = 400
"""Characters of an argument that are shown."""


class TraceApi:
    """Answers those who watch.

    Args:
        trace: Tells of the calls.
        hide: Takes the configuration's secrets out of a text.
    """

    def __init__(self, trace: HookTrace, hide: Callable[[str], str]) -> None:
        self._trace = trace
        self._hide = hide
        self._queues: set[_Calls] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/api/v1/plugins/trace", self.watch)]

    def end(self) -> None:
        """End all answers: the gateway stops."""
        for calls in self._queues:
            calls.end()

    @needs(Scope.READ)
    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Send calls as they end."""
        if len(self._queues) >= MOST_WATCHERS:
            raise ConflictError(f"{MOST_WATCHERS} watch already")
        query = request.query
        wanted = _Wanted(query.getall("plugin", []), query.getall("hook", []))
        calls = _Calls(lambda call: self._view(call, with_arguments="arguments" in query), wanted)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        self._queues.add(calls)
        try:
            with self._trace.watch(calls.note), suppress(ConnectionError):
                while (line := await _line(calls)) is not None:
                    await response.write(line)
        finally:
            self._queues.discard(calls)
        return response

    def _view(self, call: HookCall, *, with_arguments: bool) -> View:
        delivery = call.arguments.get("delivery")
        event = call.event
        view: View = {
            "began_at": iso(call.began_at),
            "plugin": call.plugin,
            "hook": call.hook,
            "seconds": round(call.duration, 6),
            "event": None if event is None else event.name,
            "event_id": None if event is None else event.id,
            "source": None if event is None else event.source,
            "subjects": None if event is None else list(event.subjects),
            "delivery_id": delivery.id if isinstance(delivery, Delivery) else None,
            "result": None if call.error else _result(call),
            "error": None if call.error is None else self._hide(_one_line(call.error)),
            "where": None if call.error is None else _where(call.error),
        }
        return view | {"arguments": _arguments(call.arguments)} if with_arguments else view


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

    def __init__(self, view: Callable[[HookCall], View], wanted: _Wanted) -> None:
        self._view = view
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[View | None] = asyncio.Queue()
        self._missed = 0

    def note(self, call: HookCall) -> None:
        """Take a call, from whatever thread."""
        if self._wanted.has(call):
            self._loop.call_soon_threadsafe(self._put, self._view(call))

    def end(self) -> None:
        """Let the watcher go."""
        self._waiting.put_nowait(None)

    async def next(self) -> View | None:
        """Return the next call, with the number of those that were left out meanwhile; None at the end."""
        call = await self._waiting.get()
        if call is None:
            return None
        missed, self._missed = self._missed, 0
        return call | {"missed": missed}

    def _put(self, call: View) -> None:
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put_nowait(call)
        else:
            self._missed += 1


async def _line(calls: _Calls) -> bytes | None:
    """Return the next line, None at the end."""
    try:
        async with asyncio.timeout(SIGN_OF_LIFE):
            call = await calls.next()
    except TimeoutError:
        return b"\n"
    return None if call is None else encode_json(call) + b"\n"


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


def _arguments(arguments: Mapping[str, Any]) -> View:
    """Return what Cockpit sent, each argument in brief."""
    given = {name: value for name, value in arguments.items() if not isinstance(value, _GIVEN_BY_THE_GATEWAY)}
    return {name: _brief(value) for name, value in given.items()}


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=lambda other: type(other).__name__)
    return text if len(text) <= LONGEST_ARGUMENT else f"{text[:LONGEST_ARGUMENT]}…"
