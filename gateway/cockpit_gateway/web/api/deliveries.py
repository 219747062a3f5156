"""The deliveries: where events went, and how it ended."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.replays import to_cancel, to_replay
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.web.api.cursors import DELIVERIES, cursor_text
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.queries import CancelChoice, CancelWalk, DeliveriesQuery, DeliveryChoice, ReplayWalk
from cockpit_gateway.web.api.views.base import iso_or_none
from cockpit_gateway.web.api.views.bulk import ChangeStep, DeliveryTally, Preview
from cockpit_gateway.web.api.views.deliveries import DeliveryDetail, DeliveryList, DeliverySummary

DeliveryId = Annotated[str, Field(description="The delivery's id.")]


class Deliveries(Resource):
    """Where events went, and how it ended: listed, shown with their attempts, replayed and cancelled.

    Replays and cancellations go step by step: a step's `next` is the `cursor` of the step that follows.

    Args:
        administration: Does what is asked.
    """

    tag = "deliveries"

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    @operation("GET", "/deliveries", Scope.READ)
    async def list_deliveries(self, query: DeliveriesQuery) -> DeliveryList:
        """List deliveries, the newest first; a long search ends a page early, with a `next` to go on from."""
        wanted = replace(query.filter(before=query.cursor, limit=query.limit), bounded=True)
        found = await self._admin.store.deliveries(wanted)
        rows = [DeliverySummary.of(delivery, self._admin.held(delivery)) for delivery in found]
        return DeliveryList(
            deliveries=rows,
            next=cursor_text(DELIVERIES, found.following),
            searched_to=iso_or_none(found.searched_to),
        )

    @operation("GET", "/deliveries/replay", Scope.READ, may=[HTTPStatus.NOT_FOUND])
    async def preview_replay(self, query: DeliveryChoice) -> Preview:
        """Count the deliveries that a replay would take: dead ones, unless the filter names states or ids."""
        return await self._preview(to_replay(query.filter()))

    @operation("POST", "/deliveries/replay", Scope.OPERATE, may=[HTTPStatus.NOT_FOUND])
    async def replay_deliveries(self, query: ReplayWalk) -> ChangeStep:
        """Make some of them again: dead ones, unless the filter names states or ids."""
        wanted = to_replay(query.filter())
        return ChangeStep.of(await self._admin.replays.replay(wanted, query.cursor, new_ids=query.new_id))

    @operation("GET", "/deliveries/cancel", Scope.READ, may=[HTTPStatus.NOT_FOUND])
    async def preview_cancel(self, query: CancelChoice) -> Preview:
        """Count the deliveries that a cancellation would take: pending ones, unless the filter names states or ids."""
        return await self._preview(to_cancel(query.filter()))

    @operation("POST", "/deliveries/cancel", Scope.OPERATE, may=[HTTPStatus.NOT_FOUND])
    async def cancel_deliveries(self, query: CancelWalk) -> ChangeStep:
        """Cancel some of them: pending ones, unless the filter names states or ids."""
        return ChangeStep.of(await self._admin.replays.cancel(to_cancel(query.filter()), query.cursor))

    @operation("GET", "/deliveries/{delivery_id}", Scope.READ)
    async def show_delivery(self, delivery_id: DeliveryId) -> DeliveryDetail:
        """Show a delivery with its attempts."""
        delivery = await self._admin.store.delivery(delivery_id)
        attempts = await self._admin.store.attempts(delivery_id)
        return DeliveryDetail.with_attempts(delivery, self._admin.held(delivery), attempts)

    async def _preview(self, wanted: DeliveryFilter) -> Preview:
        found = await self._admin.replays.preview(wanted)
        held = self._admin.replays.held
        return Preview(found=[DeliveryTally.of(tally, held(tally.target_id)) for tally in found])
