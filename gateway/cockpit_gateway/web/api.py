"""The admin API under `/api/v1`, served on the 0600 Unix socket: what the command line talks to."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.port import DeliveryFilter
from cockpit_gateway.web.queries import MOST_AT_ONCE, delivery_filter, event_filter
from cockpit_gateway.web.replays import ReplayApi
from cockpit_gateway.web.views import (
    View,
    attempt_view,
    delivery_view,
    event_page,
    event_view,
    iso,
    json_response,
    plugin_view,
)


class Api:
    """Answers the command line.

    Args:
        administration: Does what is asked.
    """

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            *ReplayApi(self._admin.replays).routes(),
            web.get("/api/v1/status", self.status),
            web.get("/api/v1/events", self.events),
            web.get("/api/v1/events/{id}", self.event),
            web.get("/api/v1/deliveries", self.deliveries),
            web.get("/api/v1/deliveries/{id}", self.delivery),
            web.get("/api/v1/targets", self.targets),
            web.post("/api/v1/targets/{plugin}/{target}/enable", self.enable),
            web.get("/api/v1/plugins", self.plugins),
        ]

    async def status(self, _request: web.Request) -> web.Response:
        """Answer with the version, and whether the gateway is ready."""
        return json_response({"version": self._admin.version, "unready": self._admin.unready()})

    async def events(self, request: web.Request) -> web.Response:
        """List events, newest first."""
        wanted = event_filter(request.query)
        found = await self._admin.store.events(wanted)
        following = found[-1].seq if len(found) == wanted.limit else None
        return json_response({"events": [event_view(event) for event in found], "next": following})

    async def event(self, request: web.Request) -> web.Response:
        """Show one event with its arguments and deliveries."""
        event = await self._admin.store.event(request.match_info["id"])
        deliveries = await self._admin.store.deliveries(DeliveryFilter(event_id=event.id, limit=MOST_AT_ONCE))
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in deliveries]
        return json_response(event_page(event, views))

    async def deliveries(self, request: web.Request) -> web.Response:
        """List deliveries, newest first."""
        wanted = delivery_filter(request.query)
        found = await self._admin.store.deliveries(wanted)
        following = found[-1].id if len(found) == wanted.limit else None
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in found]
        return json_response({"deliveries": views, "next": following})

    async def delivery(self, request: web.Request) -> web.Response:
        """Show one delivery with its attempts."""
        return json_response(await self._delivery_page(request.match_info["id"]))

    async def targets(self, _request: web.Request) -> web.Response:
        """List targets with their state and backlog."""
        return json_response(
            {
                "targets": [
                    {
                        "plugin": target.target_id.plugin,
                        "target": target.target_id.target,
                        "state": target.state,
                        "reason": target.reason,
                        "since": iso(target.changed_at),
                        "pending": target.pending,
                    }
                    for target in await self._admin.targets()
                ]
            }
        )

    async def enable(self, request: web.Request) -> web.Response:
        """Let a disabled target's deliveries run again."""
        target_id = TargetId(request.match_info["plugin"], request.match_info["target"])
        await self._admin.enable(target_id)
        return json_response({"plugin": target_id.plugin, "target": target_id.target, "state": "active"})

    async def plugins(self, _request: web.Request) -> web.Response:
        """List plugins, broken ones included."""
        plugins = self._admin.registry.plugins.values()
        return json_response(
            {"plugins": [plugin_view(plugin, self._admin.plugin_status(plugin)) for plugin in plugins]}
        )

    async def _delivery_page(self, delivery_id: str) -> View:
        delivery = await self._admin.store.delivery(delivery_id)
        attempts = await self._admin.store.attempts(delivery_id)
        view = delivery_view(delivery, self._admin.held(delivery))
        return view | {"history": [attempt_view(attempt) for attempt in attempts]}
