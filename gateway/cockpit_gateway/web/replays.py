"""The admin API's replays and cancellations: GET shows what one would do, POST does it step by step."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.replays import CANCELLABLE, PlannedStep, Replays, to_cancel, to_replay
from cockpit_gateway.store.records import DeliveryFilter, Step, Tally
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.problems import Problem
from cockpit_gateway.web.queries import Query, cursor, cursor_text, delivery_filter, event_filter, flag
from cockpit_gateway.web.views import View, iso, json_response


class ReplayApi:
    """Answers previews and steps.

    A step's answer has a `next`: the `cursor` of the step that follows, null after the last.

    Args:
        replays: Makes them.
    """

    def __init__(self, replays: Replays) -> None:
        self._replays = replays

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application, before those with an id in the place of their last word."""
        return [
            web.get("/api/v1/deliveries/replay", self.preview_replay),
            web.post("/api/v1/deliveries/replay", self.replay),
            web.get("/api/v1/deliveries/cancel", self.preview_cancel),
            web.post("/api/v1/deliveries/cancel", self.cancel),
            web.get("/api/v1/events/replay", self.preview_events),
            web.post("/api/v1/events/replay", self.replay_events),
        ]

    @needs(Scope.READ)
    async def preview_replay(self, request: web.Request) -> web.Response:
        """Count the deliveries that a replay would take: dead ones, unless the filter names states or ids."""
        return await self._preview(to_replay(delivery_filter(request.query)))

    @needs(Scope.OPERATE)
    async def replay(self, request: web.Request) -> web.Response:
        """Replay some of them."""
        wanted = to_replay(delivery_filter(request.query))
        step = await self._replays.replay(wanted, cursor(request.query), new_ids=flag(request.query, "new_id"))
        return json_response(_step_view(step))

    @needs(Scope.READ)
    async def preview_cancel(self, request: web.Request) -> web.Response:
        """Count the deliveries that a cancellation would take: pending ones, unless the filter names states or ids."""
        return await self._preview(_cancellable(request.query))

    @needs(Scope.OPERATE)
    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel some of them."""
        step = await self._replays.cancel(_cancellable(request.query), cursor(request.query))
        return json_response(_step_view(step))

    @needs(Scope.READ)
    async def preview_events(self, request: web.Request) -> web.Response:
        """Count what today's configuration would make of some of the events; nothing is written."""
        query = request.query
        step = await self._replays.preview_events(event_filter(query), cursor(query), _target(query))
        return json_response(self._planned_view(step))

    @needs(Scope.OPERATE)
    async def replay_events(self, request: web.Request) -> web.Response:
        """Make the deliveries of some of the events."""
        query = request.query
        step = await self._replays.replay_events(event_filter(query), cursor(query), _target(query))
        return json_response(self._planned_view(step))

    async def _preview(self, wanted: DeliveryFilter) -> web.Response:
        found = await self._replays.preview(wanted)
        return json_response({"found": [_tally_view(tally, self._replays.held(tally.target_id)) for tally in found]})

    def _planned_view(self, step: PlannedStep) -> View:
        return {
            "events": step.events,
            "targets": [
                {
                    "plugin": target_id.plugin,
                    "target": target_id.target,
                    "deliveries": tally.deliveries,
                    "repeated": tally.repeated,
                    "oldest": iso(tally.oldest),
                    "newest": iso(tally.newest),
                    "held": self._replays.held(target_id),
                }
                for target_id, tally in sorted(step.targets.items())
            ],
            "failed": dict(step.failed),
            "begin": cursor_text(step.begin),
            "done": 1.0 if step.following is None else step.following.seq / step.following.last,
            "next": cursor_text(step.following),
        }


def _cancellable(query: Query) -> DeliveryFilter:
    wanted = delivery_filter(query)
    if not set(wanted.states).issubset(CANCELLABLE):
        raise Problem(HTTPStatus.BAD_REQUEST, f"Only {' and '.join(CANCELLABLE)} deliveries can be cancelled.")
    return to_cancel(wanted)


def _target(query: Query) -> TargetId | None:
    plugin, target = query.get("plugin"), query.get("target")
    if (plugin is None) != (target is None):
        raise Problem(HTTPStatus.BAD_REQUEST, "plugin and target are given together, or neither.")
    return None if plugin is None or target is None else TargetId(plugin, target)


def _step_view(step: Step) -> View:
    return {"changed": step.changed, "skipped": step.skipped, "next": cursor_text(step.following)}


def _tally_view(tally: Tally, held: str | None) -> View:
    return {
        "plugin": tally.target_id.plugin,
        "target": tally.target_id.target,
        "state": tally.state.value,
        "deliveries": tally.found,
        "oldest": iso(tally.oldest),
        "newest": iso(tally.newest),
        "overtaken": tally.overtaken,
        "held": held,
    }
