"""One delivery: its attempts in order, what was sent and answered, and when it is tried next."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.errors import ConflictError
from cockpit_gateway.replays import CANCELLABLE
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame

SHOWN_BODY = 16 * 1024
"""Bytes of a body that are shown."""

MOST_ATTEMPTS = 200
"""Attempts that are shown, the last ones."""


class DeliveryPage:
    """Shows a delivery, and delivers it again or no more.

    Args:
        frame: Makes the page.
        administration: Knows the delivery.
    """

    entries: tuple[Entry, ...] = ()

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [
            web.get("/deliveries/{id}", self.delivery),
            web.post("/deliveries/{id}/replay", self.replay),
            web.post("/deliveries/{id}/cancel", self.cancel),
        ]

    @needs(Scope.READ)
    async def delivery(self, request: web.Request) -> web.Response:
        """Show a delivery."""
        delivery = await self._admin.store.delivery(request.match_info["id"])
        attempts = await self._admin.store.attempts(delivery.id)
        sent = await self._admin.preview(delivery)
        return self._frame.page(
            request,
            "delivery.html",
            delivery=delivery,
            event=await self._admin.store.event(delivery.event_id),
            held=self._admin.held(delivery),
            attempts=attempts[-MOST_ATTEMPTS:],
            earlier=max(0, len(attempts) - MOST_ATTEMPTS),
            longest=max((attempt.duration for attempt in attempts), default=0.0),
            sent=sent,
            body="" if sent is None else sent.body[:SHOWN_BODY].decode("utf-8", "replace"),
            cut=sent is not None and len(sent.body) > SHOWN_BODY,
            replayable=delivery.state is not DeliveryState.RUNNING,
            cancellable=delivery.state in CANCELLABLE,
        )

    @needs(Scope.OPERATE)
    async def replay(self, request: web.Request) -> web.Response:
        """Deliver it again, at once and on a fresh schedule."""
        wanted = await self._one(request)
        await self._admin.replays.replay(wanted, None, new_ids=False)
        raise self._frame.to("/deliveries", request.match_info["id"])

    @needs(Scope.OPERATE)
    async def cancel(self, request: web.Request) -> web.Response:
        """Deliver it no more."""
        wanted = await self._one(request)
        await self._admin.replays.cancel(wanted, None)
        raise self._frame.to("/deliveries", request.match_info["id"])

    async def _one(self, request: web.Request) -> DeliveryFilter:
        delivery = await self._admin.store.delivery(request.match_info["id"])
        if delivery.state is DeliveryState.RUNNING:
            raise ConflictError("it is being delivered just now; look again in a moment")
        return DeliveryFilter(ids=[delivery.id])
