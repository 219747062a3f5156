"""The live tail: events as they come, from every node that shares the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from aiohttp import hdrs, web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.errors import ConflictError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Cursor, EventFilter, EventPage
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.forms import chosen
from cockpit_gateway.web.console.frame import Entry, Frame

FILTERS = ("name", "source", "subject")

FIRST = 20
"""Events that are there when the page opens."""

MOST_MISSED = 500
"""Events that are told to whoever comes back; what is older is in the list of events."""

INTERVAL = 0.5
"""Seconds between two looks into the store."""

SIGN_OF_LIFE = 10.0
"""Seconds without an event after which a comment is sent: a browser that is gone is noticed by it."""

LONGEST_STREAM = 600.0
"""Seconds after which a stream ends; a browser comes back by itself, if its session still lets it."""

MOST_WATCHERS = 16

LONGEST_SEQ = 19
"""Digits of a seq, at most."""

_NO_END = 2**62


class Watched(NamedTuple):
    """Which events are shown: those whose name, source and subjects begin so; "" is any."""

    name: str
    source: str
    subject: str

    def has(self, event: Event) -> bool:
        """Tell whether an event is one of them."""
        about = not self.subject or any(subject.startswith(self.subject) for subject in event.subjects)
        return about and event.name.startswith(self.name) and event.source.startswith(self.source)


class Tail:
    """Shows events as they come.

    Each stream asks the store for what comes after the last event that it told: one that is slow, or comes back after
    a while, misses nothing and holds up nobody.

    Args:
        frame: Makes the page.
        administration: Knows the events.
    """

    entries = (Entry("/tail", "Live tail"),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._store: Store = administration.store
        self._watchers = 0
        self._ended = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/tail", self.tail), web.get("/tail/stream", self.stream, allow_head=False)]

    async def end(self, _app: web.Application) -> None:
        """End all streams: the gateway stops."""
        self._ended.set()

    @needs(Scope.READ)
    async def tail(self, request: web.Request) -> web.Response:
        """Show the latest events, and where the stream goes on."""
        filters = chosen(request.query, *FILTERS)
        watched = Watched(**filters)
        latest = await self._store.events(EventFilter(limit=FIRST))
        return self._frame.page(
            request,
            "tail.html",
            events=[event for event in latest if watched.has(event)],
            filters=filters,
            after=latest[0].seq if latest else 0,
        )

    @needs(Scope.READ)
    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send events as they come, each a row of the page's table."""
        if self._watchers >= MOST_WATCHERS:
            raise ConflictError(f"{MOST_WATCHERS} watch already")
        watched = Watched(**chosen(request.query, *FILTERS))
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream", "X-Accel-Buffering": "no"})
        self._watchers += 1
        try:
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write(b"retry: 1000\n\n")
                await self._send(response, watched, _seq(after))
        finally:
            self._watchers -= 1
        return response

    async def _send(self, response: web.StreamResponse, watched: Watched, after: int) -> None:
        silent = 0.0
        async for events in self._pages(after):
            shown = [event for event in events if watched.has(event)]
            silent = 0.0 if shown else silent + INTERVAL
            if shown:
                await response.write(b"".join(map(self._told, shown)))
            elif silent >= SIGN_OF_LIFE:
                silent = 0.0
                await response.write(b":\n\n")

    async def _pages(self, after: int) -> AsyncIterator[Sequence[Event]]:
        """Yield what comes after a seq, page by page, and an empty page whenever nothing has come."""
        until = time.monotonic() + LONGEST_STREAM
        latest = await self._store.events(EventFilter(limit=1))
        newest = latest[0].seq if latest else 0
        after = min(max(after, newest - MOST_MISSED), newest)
        while not self._ended.is_set() and time.monotonic() < until:
            page = await self._page(after)
            yield page.events
            if page.events:
                after = page.events[-1].seq
            if page.following is None:
                await self._pause()

    async def _page(self, after: int) -> EventPage:
        """Return what comes after a seq; nothing while the store is away, which a stream outlives."""
        try:
            return await self._store.walk(EventFilter(), Cursor(after, 0, _NO_END))
        except StoreUnavailableError:
            return EventPage((), {}, after, None)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL):
                await self._ended.wait()

    def _told(self, event: Event) -> bytes:
        row = self._frame.part("tail_row.html", event=event)
        data = "".join(f"data: {line}\n" for line in row.splitlines() if line.strip())
        return f"id: {event.seq}\n{data}\n".encode()


def _seq(text: str) -> int:
    """Return the seq after which a stream goes on; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_SEQ else 0
