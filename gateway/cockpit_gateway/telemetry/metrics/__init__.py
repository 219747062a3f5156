"""Prometheus metrics. Series exist before the first event, so that a rate over them starts at zero.

A label is something that the configuration names, or one of a few words: never what comes in with an event.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.exposition import choose_encoder

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.telemetry.metrics.delivery import DeliverySeries, Waiting
from cockpit_gateway.telemetry.metrics.ingest import IngestSeries
from cockpit_gateway.telemetry.metrics.process import ProcessSeries
from cockpit_gateway.telemetry.metrics.store import StoreSeries

__all__ = ["Metrics", "Waiting"]

disable_created_metrics()  # type: ignore[no-untyped-call]  # a further series for each counter, which few read


class Metrics(ProcessSeries, StoreSeries, DeliverySeries, IngestSeries):
    """The gateway's metrics, in a registry of their own.

    Args:
        version: The gateway's version.
    """

    def __init__(self, version: str) -> None:
        super().__init__(CollectorRegistry())
        self._build(version)
        self._sources: frozenset[str] = frozenset()
        self._targets: frozenset[TargetId] = frozenset()
        self._hooks: frozenset[tuple[str, str]] = frozenset()

    def prepare(
        self, sources: Iterable[str], targets: Iterable[TargetId], hooks: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Create the series of every source, target and hook, and remove those of others.

        Args:
            sources: All that there are now.
            targets: All that there are now.
            hooks: All that there are now, each with its plugin before it.
        """
        known_sources, self._sources = self._sources, frozenset(sources)
        known_targets, self._targets = self._targets, frozenset(targets)
        known_hooks, self._hooks = self._hooks, frozenset(hooks)
        self._change_sources(gone=known_sources - self._sources, new=self._sources - known_sources)
        self._change_targets(gone=known_targets - self._targets, new=self._targets - known_targets)
        self._change_hooks(gone=known_hooks - self._hooks, new=self._hooks - known_hooks)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all of it in the format that a scraper asks for, and its content type.

        Args:
            accept: Its Accept header.
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
