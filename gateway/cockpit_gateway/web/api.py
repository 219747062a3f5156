"""The admin API under `/api/v1`, served on the 0600 Unix socket: what the command line talks to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.events import EventStatus, encode_json
from cockpit_gateway.store.port import DeliveryFilter, EventFilter
from cockpit_gateway.web.problems import Problem
from cockpit_gateway.web.views import (
    View,
    attempt_view,
    delivery_view,
    event_page,
    event_view,
    plugin_view,
    target_page,
    target_view,
)

MOST_PER_PAGE = 1000
_Member = TypeVar("_Member", EventStatus, DeliveryState)


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
            web.get("/api/v1/status", self.status),
            web.get("/api/v1/events", self.events),
            web.get("/api/v1/events/{id}", self.event),
            web.get("/api/v1/deliveries", self.deliveries),
            web.get("/api/v1/deliveries/{id}", self.delivery),
            web.post("/api/v1/deliveries/{id}/retry", self.retry),
            web.get("/api/v1/targets", self.targets),
            web.get("/api/v1/targets/{plugin}/{target}", self.target),
            web.post("/api/v1/targets/{plugin}/{target}/pause", self.pause),
            web.post("/api/v1/targets/{plugin}/{target}/resume", self.resume),
            web.post("/api/v1/targets/{plugin}/{target}/enable", self.enable),
            web.post("/api/v1/targets/{plugin}/{target}/test", self.test),
            web.get("/api/v1/plugins", self.plugins),
        ]

    async def status(self, _request: web.Request) -> web.Response:
        """Answer with the version, and whether the gateway is ready."""
        return _json({"version": self._admin.version, "unready": self._admin.unready()})

    async def events(self, request: web.Request) -> web.Response:
        """List events, newest first."""
        query = request.query
        wanted = EventFilter(
            name=query.get("name"),
            source=query.get("source"),
            subject=query.get("subject"),
            status=_member(EventStatus, query.get("status"), "status"),
            before=_number(query.get("before"), "before"),
            limit=_limit(request),
        )
        found = await self._admin.store.events(wanted)
        following = found[-1].seq if len(found) == wanted.limit else None
        return _json({"events": [event_view(event) for event in found], "next": following})

    async def event(self, request: web.Request) -> web.Response:
        """Show one event with its arguments and deliveries."""
        event = await self._admin.store.event(request.match_info["id"])
        deliveries = await self._admin.store.deliveries(DeliveryFilter(event_id=event.id, limit=MOST_PER_PAGE))
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in deliveries]
        return _json(event_page(event, views))

    async def deliveries(self, request: web.Request) -> web.Response:
        """List deliveries, newest first."""
        query = request.query
        wanted = DeliveryFilter(
            plugin=query.get("plugin"),
            target=query.get("target"),
            state=_member(DeliveryState, query.get("state"), "state"),
            event_id=query.get("event"),
            before=query.get("before"),
            limit=_limit(request),
        )
        found = await self._admin.store.deliveries(wanted)
        following = found[-1].id if len(found) == wanted.limit else None
        views = [delivery_view(delivery, self._admin.held(delivery)) for delivery in found]
        return _json({"deliveries": views, "next": following})

    async def delivery(self, request: web.Request) -> web.Response:
        """Show one delivery with its attempts."""
        return _json(await self._delivery_page(request.match_info["id"]))

    async def retry(self, request: web.Request) -> web.Response:
        """Make a delivery pending and due at once."""
        await self._admin.retry(request.match_info["id"])
        return _json(await self._delivery_page(request.match_info["id"]))

    async def targets(self, _request: web.Request) -> web.Response:
        """List targets with their state and backlog."""
        return _json({"targets": [target_view(target) for target in await self._admin.targets()]})

    async def target(self, request: web.Request) -> web.Response:
        """Show one target with its rules."""
        return _json(target_page(await self._admin.target(_target_id(request))))

    async def pause(self, request: web.Request) -> web.Response:
        """Hold a target's deliveries."""
        return _json(target_view(await self._admin.pause(_target_id(request), request.query.get("reason"))))

    async def resume(self, request: web.Request) -> web.Response:
        """Let a paused target's deliveries run again."""
        return _json(target_view(await self._admin.resume(_target_id(request))))

    async def enable(self, request: web.Request) -> web.Response:
        """Let a disabled or broken target's deliveries run again."""
        return _json(target_view(await self._admin.enable(_target_id(request))))

    async def test(self, request: web.Request) -> web.Response:
        """Make one attempt at a target."""
        return _json(attempt_view(await self._admin.test(_target_id(request), request.query.get("event"))))

    async def plugins(self, _request: web.Request) -> web.Response:
        """List plugins, broken ones included."""
        plugins = self._admin.registry.plugins.values()
        return _json({"plugins": [plugin_view(plugin, self._admin.plugin_status(plugin)) for plugin in plugins]})

    async def _delivery_page(self, delivery_id: str) -> View:
        delivery = await self._admin.store.delivery(delivery_id)
        attempts = await self._admin.store.attempts(delivery_id)
        view = delivery_view(delivery, self._admin.held(delivery))
        return view | {"history": [attempt_view(attempt) for attempt in attempts]}


def _target_id(request: web.Request) -> TargetId:
    return TargetId(request.match_info["plugin"], request.match_info["target"])


def _json(document: View) -> web.Response:
    return web.Response(body=encode_json(document), content_type="application/json")


def _number(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal():
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is a whole number, not {text!r}.")
    return int(text)


def _limit(request: web.Request) -> int:
    limit = _number(request.query.get("limit"), "limit") or 50
    return min(limit, MOST_PER_PAGE)


def _member(kind: type[_Member], text: str | None, name: str) -> _Member | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is one of {', '.join(kind)}, not {text!r}.") from None
