"""The list of events, and the search for one."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Scope
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import EventStatus
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.api.cursors import EVENTS, cursor_text
from cockpit_gateway.web.api.parameters import read_query
from cockpit_gateway.web.api.queries import EventsQuery
from cockpit_gateway.web.console.forms import chosen, narrowed
from cockpit_gateway.web.console.frame import Entry, Frame

FILTERS = ("name", "source", "subject", "status", "since", "until")

PAGE = 50
"""Events on a page."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class EventList:
    """Lists events.

    Args:
        frame: Makes the page.
        administration: Knows the events.
        catalogue: Knows the names that events may have.
        sources: The names of the configured sources.
    """

    entries = (Entry("/events", "Events"),)

    def __init__(
        self, frame: Frame, administration: Administration, catalogue: Catalogue, sources: Collection[str]
    ) -> None:
        self._frame = frame
        self._admin = administration
        self._names = sorted(entry.generic_name for entry in catalogue.entries.values())
        self._sources = sources

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/events", self.events), web.get("/search", self.search)]

    @needs(Scope.READ)
    async def events(self, request: web.Request) -> web.Response:
        """List the events that a filter finds, newest first."""
        query = read_query(EventsQuery, narrowed(request.query, limit=PAGE))
        found = await self._admin.store.events(replace(query.filter(before=query.cursor, limit=PAGE), bounded=True))
        return self._frame.page(
            request,
            "events.html",
            events=found,
            filters=chosen(request.query, *FILTERS),
            statuses=list(EventStatus),
            names=self._names,
            sources=self._sources,
            before=request.query.get("cursor"),
            following=cursor_text(EVENTS, found.following),
            searched_to=found.searched_to,
        )

    @needs(Scope.READ)
    async def search(self, request: web.Request) -> web.Response:
        """Go to what the search field names: an event or a delivery by its id, or events by source, subject or name."""
        wanted = request.query.get("q", "").strip()
        if _ID.fullmatch(wanted):
            raise self._frame.to(await self._place_of(wanted.lower()), wanted.lower())
        kind = "source" if wanted in self._sources else "subject" if "/" in wanted else "name"
        raise self._frame.to("/events", **{kind: wanted})

    async def _place_of(self, wanted: str) -> str:
        try:
            await self._admin.store.delivery(wanted)
        except NotFoundError:
            return "/events"
        return "/deliveries"
