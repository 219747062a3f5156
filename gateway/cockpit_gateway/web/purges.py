"""The admin API's purges: GET counts what one would delete, POST deletes it, both step by step."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from cockpit_gateway.config import Scope
from cockpit_gateway.purges import Purges
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.problems import Problem
from cockpit_gateway.web.queries import Query, cursor, cursor_text, event_filter
from cockpit_gateway.web.views import json_response

NARROWING = ("id", "name", "source", "subject", "since", "until")


class PurgeApi:
    """Answers previews and steps; `next` is the `cursor` of the step that follows, null after the last.

    Args:
        purges: Makes them.
    """

    def __init__(self, purges: Purges) -> None:
        self._purges = purges

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application, before those with an id in the place of their last word."""
        return [web.get("/api/v1/events/purge", self.preview), web.post("/api/v1/events/purge", self.purge)]

    @needs(Scope.READ)
    async def preview(self, request: web.Request) -> web.Response:
        """Count some of the events, and their deliveries."""
        found = await self._purges.preview(_wanted(request.query), cursor(request.query))
        return json_response(
            {
                "events": found.events,
                "deliveries": found.deliveries,
                "pending": found.pending,
                "running": found.running,
                "next": cursor_text(found.following),
            }
        )

    @needs(Scope.ADMIN)
    async def purge(self, request: web.Request) -> web.Response:
        """Delete some of the events."""
        step, traceless = await self._purges.purge(_wanted(request.query), cursor(request.query))
        return json_response(
            {
                "events": step.changed,
                "skipped": step.skipped,
                "traceless": traceless,
                "next": cursor_text(step.following),
            }
        )


def _wanted(query: Query) -> EventFilter:
    """Return which events are to go: never all of them because nothing was said."""
    if not any(name in query for name in NARROWING):
        raise Problem(HTTPStatus.BAD_REQUEST, f"Say which events are to go, by {', '.join(NARROWING)}.")
    return event_filter(query)
