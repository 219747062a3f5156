"""The admin API's export: events with all that belongs to them, a JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.events import Event, encode_json
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.queries import MOST_AT_ONCE, event_filter
from cockpit_gateway.web.views import View, attempt_view, delivery_view, event_page


class ExportApi:
    """Answers exports.

    Args:
        store: What is kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application, before those with an id in the place of their last word."""
        return [web.get("/api/v1/events/export", self.export)]

    @needs(Scope.READ)
    async def export(self, request: web.Request) -> web.StreamResponse:
        """Send the events that a filter finds, in order of acceptance; one that is cut short does not end properly."""
        events = self._events(event_filter(request.query))
        first = await anext(events, None)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        if first is not None:
            await response.write(await self._line(first))
        async for event in events:
            await response.write(await self._line(event))
        await response.write_eof()
        return response

    async def _events(self, wanted: EventFilter) -> AsyncIterator[Event]:
        page = await self._store.walk(wanted)
        while True:
            for event in page.events:
                yield event
            if page.following is None:
                return
            page = await self._store.walk(wanted, page.following)

    async def _line(self, event: Event) -> bytes:
        return encode_json(event_page(event, await self._deliveries(event))) + b"\n"

    async def _deliveries(self, event: Event) -> list[View]:
        views: list[View] = []
        before = None
        while True:
            page = DeliveryFilter(event_id=event.id, before=before, limit=MOST_AT_ONCE)
            found = await self._store.deliveries(page)
            views += [await self._delivery(delivery) for delivery in found]
            if len(found) < MOST_AT_ONCE:
                return views
            before = found[-1].id

    async def _delivery(self, delivery: Delivery) -> View:
        attempts = await self._store.attempts(delivery.id)
        return delivery_view(delivery, None) | {"history": [attempt_view(attempt) for attempt in attempts]}
