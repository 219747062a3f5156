"""The page of an event: what it holds, what became of it and why, and its replay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import hdrs, web

from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.trees import Node, tree

MOST_RAW = 2000
"""Bytes that are shown of a body that could not be decoded."""


class EventPage:
    """Shows an event, and replays it.

    Args:
        frame: Makes the pages.
        administration: Knows the event, and what became of it.
        catalogue: Knows the names of its arguments.
    """

    entries: Sequence[Entry] = ()

    def __init__(self, frame: Frame, administration: Administration, catalogue: Catalogue) -> None:
        self._frame = frame
        self._admin = administration
        self._catalogue = catalogue

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [
            web.get("/events/{id}", self.event),
            web.get("/events/{id}/body", self.body),
            web.get("/events/{id}/replay", self.replay_form),
            web.post("/events/{id}/replay", self.replay),
        ]

    @needs(Scope.READ)
    async def event(self, request: web.Request) -> web.Response:
        """Show an event: what it holds, and what became of it."""
        found = await self._admin.explain(request.match_info["id"])
        event = found.event
        undecodable = event.status is EventStatus.UNDECODABLE
        return self._frame.page(
            request,
            "event.html",
            event=event,
            door=found.door,
            hooks=found.hooks,
            planned=[target for target in found.targets if target.deliveries],
            others=[target for target in found.targets if not target.deliveries],
            arguments=None if undecodable else await asyncio.to_thread(self._tree, event),
            raw=event.body[:MOST_RAW].decode("utf-8", "replace") if undecodable else "",
            replayed=request.query.get("replayed"),
        )

    @needs(Scope.READ)
    async def body(self, request: web.Request) -> web.Response:
        """Send the body as it was stored, as a file."""
        event = await self._admin.store.event(request.match_info["id"])
        return web.Response(
            body=event.body,
            content_type="application/octet-stream",
            headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="event-{event.id}.json"'},
        )

    @needs(Scope.OPERATE)
    async def replay_form(self, request: web.Request) -> web.Response:
        """Show what today's configuration would make of the event; nothing is delivered yet."""
        event = await self._admin.store.event(request.match_info["id"])
        step = await self._admin.replays.preview_events(EventFilter(ids=[event.id]), None, None)
        holds = {target_id: self._admin.replays.held(target_id) for target_id in step.targets}
        return self._frame.page(
            request, "replay_event.html", event=event, targets=step.targets, failed=step.failed, holds=holds
        )

    @needs(Scope.OPERATE)
    async def replay(self, request: web.Request) -> web.Response:
        """Deliver the event again, to one target or to all that would get it today."""
        event_id = request.match_info["id"]
        chosen = str((await request.post()).get("target", ""))
        plugin, _, target = chosen.partition(":")
        only = TargetId(plugin, target) if chosen else None
        step = await self._admin.replays.replay_events(EventFilter(ids=[event_id]), None, only)
        made = sum(tally.deliveries for tally in step.targets.values())
        raise self._frame.to("/events", event_id, replayed=made)

    def _tree(self, event: Event) -> Node:
        match = self._catalogue.match(event.name)
        return tree(event.args, () if match is None else match.entry.parameters)
