"""The endpoints, and the other plugins' targets: how they stand, and what a person can do about it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope
from cockpit_gateway.deliveries import Attempt, DeliveryState, Hold, TargetId
from cockpit_gateway.endpoints import Endpoint
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.overview import TargetOverview, TargetReport
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.targets import PLAN_TARGET, Target
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.delivery_list import names_of
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.shown import as_yaml, span

LATEST = 20
"""Deliveries that are shown of one target."""


class TargetPages:
    """Shows targets, and holds, frees and tries them.

    Args:
        frame: Makes the pages.
        administration: Knows the targets.
    """

    entries = (Entry("/endpoints", "Endpoints", ("/webhooks",)),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        one = "/endpoints/{plugin}/{target}"
        return [
            web.get("/endpoints", self.targets),
            web.get(one, self.target),
            web.post(f"{one}/pause", self.pause),
            web.post(f"{one}/resume", self.resume),
            web.post(f"{one}/enable", self.enable),
            web.post(f"{one}/test", self.test),
        ]

    @needs(Scope.READ)
    async def targets(self, request: web.Request) -> web.Response:
        """List them with their last day."""
        found = await self._admin.overview()
        shown = [one for one in found.targets if is_shown(one)]
        return self._frame.page(request, "endpoints.html", targets=shown)

    @needs(Scope.READ)
    async def target(self, request: web.Request) -> web.Response:
        """Show one."""
        return await self._page(request)

    @needs(Scope.OPERATE)
    async def pause(self, request: web.Request) -> web.Response:
        """Hold its deliveries."""
        reason = str((await request.post()).get("reason", "")).strip()
        await self._admin.pause(_target_id(request), reason or None)
        raise self._back(request)

    @needs(Scope.OPERATE)
    async def resume(self, request: web.Request) -> web.Response:
        """Let its deliveries run again."""
        return await self._change(request, self._admin.resume)

    @needs(Scope.OPERATE)
    async def enable(self, request: web.Request) -> web.Response:
        """Let its deliveries run again, though it failed."""
        return await self._change(request, self._admin.enable)

    @needs(Scope.OPERATE)
    async def test(self, request: web.Request) -> web.Response:
        """Make one attempt, and show what came out."""
        return await self._page(request, await self._admin.test(_target_id(request), None))

    async def _page(self, request: web.Request, tested: Attempt | None = None) -> web.Response:
        target_id = _target_id(request)
        report = await self._admin.target(target_id)
        endpoint = self._endpoint(target_id)
        latest = await self._admin.store.deliveries(
            DeliveryFilter(plugin=target_id.plugin, target=target_id.target, limit=LATEST)
        )
        return self._frame.page(
            request,
            "endpoint.html",
            report=report,
            rules=None if report.target is None else rules_of(report.target),
            deliveries=latest,
            events=await names_of(self._admin.store, latest),
            held={delivery.id: self._admin.held(delivery) for delivery in latest},
            tested=tested,
            endpoint=endpoint,
            settings="" if endpoint is None else as_yaml(endpoint.document),
            dead=DeliveryState.DEAD.value,
            may_pause=report.state == "active",
            may_resume=report.state == Hold.PAUSED and report.target is not None and report.target.active,
            may_enable=report.state in (Hold.DISABLED, Hold.BROKEN),
        )

    def _endpoint(self, target_id: TargetId) -> Endpoint | None:
        """Return the endpoint that a target is, None for one of another plugin, or one that is gone."""
        with suppress(NotFoundError):
            found = self._admin.endpoints.get(target_id.target)
            return found if found.target_id == target_id else None
        return None

    async def _change(
        self, request: web.Request, change: Callable[[TargetId], Awaitable[TargetReport]]
    ) -> web.Response:
        await change(_target_id(request))
        raise self._back(request)

    def _back(self, request: web.Request) -> web.HTTPSeeOther:
        return self._frame.to("/endpoints", *_target_id(request))


def is_shown(target: TargetOverview) -> bool:
    """Tell whether a person cares for a target: not for where plugins that could not plan are asked, while idle."""
    return target.report.target_id.target != PLAN_TARGET or target.report.pending > 0 or target.dead > 0


def rules_of(target: Target) -> dict[str, Any]:
    """Return the rules that the gateway keeps for a target, as a page shows them: by name."""
    breaker, coalesce, backlog = target.breaker, target.coalesce, target.backlog
    return {
        "Timeout": span(target.timeout),
        "Concurrency": target.concurrency,
        "Rate": f"{target.rate.count:g} per {span(target.rate.per)}" if target.rate else "no limit",
        "Retries after": ", ".join(span(delay) for delay in target.schedule.delays),
        "Order": "oldest first, of one key one at a time" if target.ordered else "none",
        "Coalescing": f"the {coalesce.keep} of a burst, {span(coalesce.wait)} after it" if coalesce else "none",
        "Left alone": f"after {breaker.failures} failures in a row, {span(breaker.wait)} at first"
        if breaker
        else "never",
        "Disabled": "never"
        if math.isinf(target.patience)
        else f"after {span(target.patience)} of nothing but failures",
        "May wait": f"{span(backlog.age)}, {backlog.rows} deliveries",
    }


def _target_id(request: web.Request) -> TargetId:
    return TargetId(request.match_info["plugin"], request.match_info["target"])
