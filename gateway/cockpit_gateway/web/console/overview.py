"""The overview: is it well, what waits, what came."""

from __future__ import annotations

from aiohttp import web

from cockpit_gateway.administration import Administration, TargetReport
from cockpit_gateway.config import Scope
from cockpit_gateway.delivery.planning import PLAN_TARGET
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame

LATEST = 8
"""Events that are shown."""


class Overview:
    """The first page.

    Args:
        frame: Makes the page.
        administration: Knows what is shown.
    """

    entries = (Entry("/", "Overview"),)

    def __init__(self, frame: Frame, administration: Administration) -> None:
        self._frame = frame
        self._admin = administration

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/", self.overview)]

    @needs(Scope.READ)
    async def overview(self, request: web.Request) -> web.Response:
        """Show the overview."""
        targets = [target for target in await self._admin.targets() if _is_shown(target)]
        return self._frame.page(
            request,
            "overview.html",
            unready=self._admin.unready(),
            targets=targets,
            pending=sum(target.pending for target in targets),
            held=sum(target.state != "active" for target in targets),
            events=await self._admin.store.events(EventFilter(limit=LATEST)),
        )


def _is_shown(report: TargetReport) -> bool:
    """Tell whether a person cares for a target: not for where plugins that could not plan are asked, while idle."""
    return report.target_id.target != PLAN_TARGET or report.pending > 0
