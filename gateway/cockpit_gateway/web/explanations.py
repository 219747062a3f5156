"""The admin API's explanations: what became of an event, and why."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.explanations import DeliveryExplanation, EventExplanation, TargetExplanation
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.views import View, delivery_view, event_view, iso, json_response


class ExplanationApi:
    """Answers why an event was delivered, or was not.

    Args:
        administration: Knows.
    """

    def __init__(self, administration: Administration) -> None:
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/api/v1/events/{id}/explanation", self.explain)]

    @needs(Scope.READ)
    async def explain(self, request: web.Request) -> web.Response:
        """Explain one event, at every target, or at the one that `plugin` and `target` name."""
        plugin, target = request.query.get("plugin"), request.query.get("target")
        only = None if plugin is None or target is None else TargetId(plugin, target)
        return json_response(self._view(await self._admin.explain(request.match_info["id"], only)))

    def _view(self, explanation: EventExplanation) -> View:
        return {
            "event": event_view(explanation.event),
            "door": explanation.door,
            "hooks": [{"hook": called.hook, "plugins": list(called.plugins)} for called in explanation.hooks],
            "targets": [self._target(target) for target in explanation.targets],
        }

    def _target(self, target: TargetExplanation) -> View:
        return {
            "plugin": target.target_id.plugin,
            "target": target.target_id.target,
            "planned_today": target.planned_today,
            "reason": target.reason,
            "setting": target.setting,
            "values": dict(target.values),
            "difference": target.difference,
            "deliveries": [self._delivery(found) for found in target.deliveries],
        }

    def _delivery(self, found: DeliveryExplanation) -> View:
        other = found.other
        return delivery_view(found.delivery, self._admin.held(found.delivery)) | {
            "why": found.reason,
            "waits_for": found.waits_for,
            "until": iso(found.until),
            "other": None if other is None else delivery_view(other, self._admin.held(other)),
        }
