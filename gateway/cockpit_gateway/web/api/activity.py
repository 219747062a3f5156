"""What happens: figures, and the sources."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit_gateway.administration import Administration
from cockpit_gateway.config import Scope, Source
from cockpit_gateway.overview import Received
from cockpit_gateway.store.records import EventFilter
from cockpit_gateway.web.api.operations import Resource, operation
from cockpit_gateway.web.api.queries import NamesQuery, page_by_name
from cockpit_gateway.web.api.views.activity import ReceivedCounts, SourceList, SourceView, Stats
from cockpit_gateway.web.api.views.base import iso


class Activity(Resource):
    """What comes in and goes out, from which sources, what waits and what fails.

    Args:
        administration: Knows.
        sources: The configured sources, by name.
    """

    tag = "activity"

    def __init__(self, administration: Administration, sources: Mapping[str, Source]) -> None:
        self._admin = administration
        self._sources = sources

    @operation("GET", "/stats", Scope.READ)
    async def show_stats(self) -> Stats:
        """Show what came in and went out in the last hour and day, what waits, and what failed."""
        return Stats.of(await self._admin.overview())

    @operation("GET", "/sources", Scope.READ)
    async def list_sources(self, query: NamesQuery) -> SourceList:
        """List the sources, with what came from them."""
        page = page_by_name(list(self._sources.items()), lambda found: (found[0],), query)
        received = (await self._admin.overview()).sources
        rows = [await self._source(name, source, received.get(name, Received())) for name, source in page.rows]
        return SourceList(sources=rows, next=page.following)

    async def _source(self, name: str, source: Source, received: Received) -> SourceView:
        last = await self._admin.store.events(EventFilter(source=name, limit=1))
        return SourceView(
            name=name,
            has_tokens=bool(source.tokens),
            allow_from=[str(network) for network in source.allow_from],
            rate_per_second=None if source.rate is None else source.rate.per_second,
            day=ReceivedCounts.of(received),
            last_event_at=iso(last[0].received_at) if last else None,
        )
