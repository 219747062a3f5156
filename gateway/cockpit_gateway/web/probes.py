"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import hdrs, web

from cockpit_gateway.telemetry.metrics import Metrics


class Probes:
    """Answers probes and scrapes.

    Args:
        metrics: What is scraped.
        unready: Returns why the gateway is not ready, None when it is.
        refresh: Brings the gauges up to date before a scrape.
    """

    def __init__(
        self, metrics: Metrics, unready: Callable[[], str | None], refresh: Callable[[], Awaitable[None]]
    ) -> None:
        self._metrics = metrics
        self._unready = unready
        self._refresh = refresh
        self._scraping = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/healthz", self.health),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.scrape),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """Answer 200 as long as the event loop turns."""
        return _json(200, {"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 200 while events can be taken, 503 with the reason otherwise."""
        reason = self._unready()
        return (
            _json(200, {"status": "ready"}) if reason is None else _json(503, {"status": "unready", "reason": reason})
        )

    async def scrape(self, request: web.Request) -> web.Response:
        """Answer with the metrics, in Prometheus' text format or OpenMetrics as the scraper wants."""
        accept = ",".join(request.headers.getall(hdrs.ACCEPT, ()))
        async with self._scraping:  # another one would set the gauges anew meanwhile
            await self._refresh()
            # In a thread: with hundreds of endpoints it takes longer than the event loop may be held.
            text, content_type = await asyncio.to_thread(self._metrics.exposition, accept)
        return web.Response(body=text, headers={hdrs.CONTENT_TYPE: content_type})


def _json(status: int, document: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(document), content_type="application/json")
