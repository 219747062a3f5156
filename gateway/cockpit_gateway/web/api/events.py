"""The events: what Cockpit posted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.events import Event
from cockpit_gateway.replays import PlannedStep
from cockpit_gateway.store.records import DeliveryFilter, EventFilter, EventPage
from cockpit_gateway.web.api.cursors import EVENTS, cursor_text
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.parameters import MOST_AT_ONCE
from cockpit_gateway.web.api.queries import EventChoice, EventsQuery, EventsReplay, OneTarget, PurgeWalk
from cockpit_gateway.web.api.views.base import iso_or_none
from cockpit_gateway.web.api.views.bulk import PurgedStep, PurgePreview, ReplayStep, ReplayTally
from cockpit_gateway.web.api.views.deliveries import DeliveryDetail, DeliverySummary, EventDetail, ExportedEvent
from cockpit_gateway.web.api.views.events import EventList, EventSummary
from cockpit_gateway.web.api.views.explanations import Explanation

EventId = Annotated[str, Field(description="The event's id.")]


class Events(Resource):
    """What Cockpit posted: listed, shown, exported, delivered anew, and deleted for good.

    Replays and purges go step by step: a step's `next` is the `cursor` of the step that follows.

    Args:
        administration: Does what is asked.
    """

    tag = "events"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/events", Scope.READ)
    async def list_events(self, query: EventsQuery) -> EventList:
        """List events, the newest first; a long search ends a page early, with a `next` to go on from."""
        wanted = replace(query.filter(before=query.cursor, limit=query.limit), bounded=True)
        found = await self._admin.store.events(wanted)
        return EventList(
            events=[EventSummary.of(event) for event in found],
            next=cursor_text(EVENTS, found.following),
            searched_to=iso_or_none(found.searched_to),
        )

    @operation("GET", "/events/export", Scope.READ, may=[HTTPStatus.NOT_FOUND])
    async def export_events(self, query: EventChoice) -> AsyncIterator[ExportedEvent]:
        """Export events with all that belongs to them, in order of acceptance, one a line.

        An answer that is cut short does not end properly.
        """
        wanted = query.filter()
        return self._exported(wanted, await self._admin.store.walk(wanted))

    @operation("GET", "/events/replay", Scope.READ, may=[HTTPStatus.NOT_FOUND])
    async def preview_events_replay(self, query: EventsReplay) -> ReplayStep:
        """Count what today's configuration would make of some of the events; nothing is written."""
        replays = self._admin.replays
        return self._planned(await replays.preview_events(query.filter(), query.cursor, query.only))

    @operation("POST", "/events/replay", Scope.OPERATE, may=[HTTPStatus.NOT_FOUND])
    async def replay_events(self, query: EventsReplay) -> ReplayStep:
        """Make the deliveries of some of the events anew, by today's configuration."""
        replays = self._admin.replays
        return self._planned(await replays.replay_events(query.filter(), query.cursor, query.only))

    @operation("GET", "/events/purge", Scope.READ, may=[HTTPStatus.NOT_FOUND])
    async def preview_purge(self, query: PurgeWalk) -> PurgePreview:
        """Count some of the events that a purge would delete, and their deliveries."""
        return PurgePreview.of(await self._admin.purges.preview(query.filter(), query.cursor))

    @operation("POST", "/events/purge", Scope.ADMIN, may=[HTTPStatus.NOT_FOUND])
    async def purge_events(self, query: PurgeWalk) -> PurgedStep:
        """Delete some of the events for good, with everything that belongs to them."""
        return PurgedStep.of(await self._admin.purges.purge(query.filter(), query.cursor))

    @operation("GET", "/events/{event_id}", Scope.READ)
    async def show_event(self, event_id: EventId) -> EventDetail:
        """Show an event with its arguments and deliveries."""
        event = await self._admin.store.event(event_id)
        deliveries = await self._admin.store.deliveries(DeliveryFilter(event_id=event.id, limit=MOST_AT_ONCE))
        return EventDetail.with_deliveries(
            event, [DeliverySummary.of(delivery, self._admin.held(delivery)) for delivery in deliveries]
        )

    @operation("GET", "/events/{event_id}/explanation", Scope.READ)
    async def explain_event(self, event_id: EventId, query: OneTarget) -> Explanation:
        """Explain what became of an event, and why: at the door, and at each target."""
        return Explanation.of(await self._admin.explain(event_id, query.only), self._admin.held)

    def _planned(self, step: PlannedStep) -> ReplayStep:
        held = self._admin.replays.held
        rows = [ReplayTally.of(name, tally, held(name)) for name, tally in sorted(step.targets.items())]
        return ReplayStep.of(step, rows)

    async def _exported(self, wanted: EventFilter, first: EventPage) -> AsyncIterator[ExportedEvent]:
        page = first
        while True:
            for event in page.events:
                yield await self._export(event)
            if page.following is None:
                return
            page = await self._admin.store.walk(wanted, page.following)

    async def _export(self, event: Event) -> ExportedEvent:
        details: list[DeliveryDetail] = []
        before = None
        while True:
            wanted = DeliveryFilter(event_id=event.id, before=before, limit=MOST_AT_ONCE)
            found = await self._admin.store.deliveries(wanted)
            details += [await self._detail(delivery) for delivery in found]
            if len(found) < MOST_AT_ONCE:
                return ExportedEvent.with_deliveries(event, details)
            before = found[-1].id

    async def _detail(self, delivery: Delivery) -> DeliveryDetail:
        return DeliveryDetail.with_attempts(delivery, None, await self._admin.store.attempts(delivery.id))
