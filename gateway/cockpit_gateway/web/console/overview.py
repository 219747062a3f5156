"""The overview: is it well, what comes in and goes out, what waits and what fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope, Source
from cockpit_gateway.deliveries import Outcome, TargetId
from cockpit_gateway.overview import Figures, Received, Series, TargetOverview
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.charts import Chart, Column, counts, times
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.target_pages import is_shown

LATEST = 8
"""Events that are shown."""

MOST_TARGETS = 25
"""Targets that are shown, those first that need somebody."""


class OverviewPage:
    """The first page.

    Args:
        frame: Makes the page.
        administration: Knows what is shown.
        sources: The Cockpit sites, by name.
    """

    entries = (Entry("/", "Overview"),)

    def __init__(self, frame: Frame, administration: Administration, sources: Mapping[str, Source]) -> None:
        self._frame = frame
        self._admin = administration
        self._sources = sources

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [web.get("/", self.overview)]

    @needs(Scope.READ)
    async def overview(self, request: web.Request) -> web.Response:
        """Show the last hour, or the last day."""
        found = await self._admin.overview()
        whole_day = request.query.get("span") == "day"
        shown = found.day if whole_day else found.hour
        targets = sorted(filter(is_shown, found.targets), key=_urgency)
        return self._frame.page(
            request,
            "overview.html",
            unready=self._admin.unready(),
            found=found,
            whole_day=whole_day,
            received=shown.received,
            figures=total(shown),
            charts=charts(shown),
            targets=targets[:MOST_TARGETS],
            more_targets=max(0, len(targets) - MOST_TARGETS),
            longest=max((target.report.pending for target in targets), default=0),
            sources={name: found.sources.get(name, Received()) for name in [*self._sources, *found.sources]},
            events=await self._admin.store.events(EventFilter(limit=LATEST)),
        )


def total(shown: Series) -> Figures:
    """Return what happened in all of a series."""
    whole = Figures()
    for moment in shown.moments:
        whole.latency.update(moment.figures.latency)
    return Figures(
        sum(moment.figures.delivered for moment in shown.moments),
        sum(moment.figures.dead for moment in shown.moments),
        {outcome: sum(moment.figures.attempts[outcome] for moment in shown.moments) for outcome in Outcome},
        whole.latency,
    )


def charts(shown: Series) -> Sequence[Chart]:
    """Return the pictures of a series: what came in, what went out, how long that took."""
    every = "minute" if shown.step == 60 else "hour"
    moments = shown.moments
    received = [Column(moment.at, [moment.received.stored]) for moment in moments]
    attempts = [Column(moment.at, _attempts(moment.figures)) for moment in moments]
    latency = [Column(moment.at, [moment.figures.latency_p95 or 0.0]) for moment in moments]
    return (
        counts(f"Events per {every}", received, ["received"], every),
        counts(f"Attempts per {every}", attempts, ["delivered", "failed"], every),
        times("From receipt to delivered, 95 %", latency, "latency", every),
    )


def _attempts(figures: Figures) -> Sequence[int]:
    delivered = figures.attempts[Outcome.DELIVERED]
    return [delivered, sum(figures.attempts.values()) - delivered]


def _urgency(target: TargetOverview) -> tuple[bool, bool, int, TargetId]:
    """Return what targets are ordered by: what is held, what has dead letters, what waits, the name."""
    report = target.report
    return report.state == "active", not target.dead, -report.pending, report.target_id
