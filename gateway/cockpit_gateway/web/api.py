"""The admin API under `/api/v1`, served on the 0600 Unix socket: what the command line talks to."""

from __future__ import annotations

import os

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.explanations import ExplanationApi
from cockpit_gateway.web.exports import ExportApi
from cockpit_gateway.web.nodes import NodeApi
from cockpit_gateway.web.purges import PurgeApi
from cockpit_gateway.web.queries import MOST_AT_ONCE, delivery_filter, event_filter
from cockpit_gateway.web.replays import ReplayApi
from cockpit_gateway.web.views import (
    View,
    attempt_view,
    delivery_view,
    event_page,
    event_view,
    json_response,
    plugin_view,
    target_page,
    target_view,
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
            *PurgeApi(self._admin.purges).routes(),
            *ExportApi(self._admin.store).routes(),
            *ExplanationApi(self._admin).routes(),
            *NodeApi(self._admin).routes(),
            web.get("/api/v1/status", self.status),
            web.post("/api/v1/restart", self.restart),
            web.get("/api/v1/events", self.events),
            web.get("/api/v1/events/{id}", self.event),
            web.get("/api/v1/deliveries", self.deliveries),
            web.get("/api/v1/deliveries/{id}", self.delivery),
            web.get("/api/v1/targets", self.targets),
            web.get("/api/v1/targets/{plugin}/{target}", self.target),
            web.post("/api/v1/targets/{plugin}/{target}/pause", self.pause),
            web.post("/api/v1/targets/{plugin}/{target}/resume", self.resume),
            web.post("/api/v1/targets/{plugin}/{target}/enable", self.enable),
            web.post("/api/v1/targets/{plugin}/{target}/test", self.test),
            web.get("/api/v1/plugins", self.plugins),
        ]

    @needs(Scope.READ)
    async def status(self, _request: web.Request) -> web.Response:
        """Answer with the version, and whether the gateway is ready."""
        document = {"version": self._admin.version, "pid": os.getpid(), "unready": self._admin.unready()}
        return json_response(document)

    @needs(Scope.ADMIN)
    async def restart(self, _request: web.Request) -> web.Response:
        """Hand over to a new process, and answer with its id once it is prepared."""
        return json_response({"pid": os.getpid(), "successor": await self._admin.restart()})

    @needs(Scope.READ)
    async def events(self, request: web.Request) -> web.Response:
        """List events, newest first."""
        wanted = event_filter(request.query)
        found = await self._admin.store.events(wanted)
        following = found[-1].seq if len(found) == wanted.limit else None
        return json_response({"events": [event_view(event) for event in found], "next": following})

    @needs(Scope.READ)
    async def event(self, request: web.Request) -> web.Response:
        """Show one event with its arguments and deliveries."""
        event = await self._admin.store.event(request.match_info["id"])
        deliveries = await self._admin.store.deliveries(DeliveryFilter(event_id=event.id, limit=MOST_AT_ONCE))
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in deliveries]
        return json_response(event_page(event, views))

    @needs(Scope.READ)
    async def deliveries(self, request: web.Request) -> web.Response:
        """List deliveries, newest first."""
        wanted = delivery_filter(request.query)
        found = await self._admin.store.deliveries(wanted)
        following = found[-1].id if len(found) == wanted.limit else None
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in found]
        return json_response({"deliveries": views, "next": following})

    @needs(Scope.READ)
    async def delivery(self, request: web.Request) -> web.Response:
        """Show one delivery with its attempts."""
        return json_response(await self._delivery_page(request.match_info["id"]))

    @needs(Scope.READ)
    async def targets(self, _request: web.Request) -> web.Response:
        """List targets with their state and backlog."""
        return json_response({"targets": [target_view(target) for target in await self._admin.targets()]})

    @needs(Scope.READ)
    async def target(self, request: web.Request) -> web.Response:
        """Show one target with its rules."""
        return json_response(target_page(await self._admin.target(_target_id(request))))

    @needs(Scope.OPERATE)
    async def pause(self, request: web.Request) -> web.Response:
        """Hold a target's deliveries."""
        return json_response(target_view(await self._admin.pause(_target_id(request), request.query.get("reason"))))

    @needs(Scope.OPERATE)
    async def resume(self, request: web.Request) -> web.Response:
        """Let a paused target's deliveries run again."""
        return json_response(target_view(await self._admin.resume(_target_id(request))))

    @needs(Scope.OPERATE)
    async def enable(self, request: web.Request) -> web.Response:
        """Let a disabled or broken target's deliveries run again."""
        return json_response(target_view(await self._admin.enable(_target_id(request))))

    @needs(Scope.OPERATE)
    async def test(self, request: web.Request) -> web.Response:
        """Make one attempt at a target."""
        return json_response(attempt_view(await self._admin.test(_target_id(request), request.query.get("event"))))

    @needs(Scope.READ)
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


def _target_id(request: web.Request) -> TargetId:
    return TargetId(request.match_info["plugin"], request.match_info["target"])
