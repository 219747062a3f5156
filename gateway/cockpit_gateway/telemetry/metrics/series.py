"""What the rooms of the metrics have in common: how their series are named, made and removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "cockpit_gateway_"

SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds in seconds of what happens once per event within the gateway."""

TARGET = ("plugin", "target")
"""The labels that name a target."""


Family: TypeAlias = Counter | Histogram
Families: TypeAlias = Sequence[tuple[Family, Sequence[tuple[str, ...]]]]
"""Metrics that share their first labels, each with all that its further labels may be."""


def create(families: Families, firsts: Iterable[tuple[str, ...]]) -> None:
    """Create the series of everything that is named by first labels."""
    for first in firsts:
        for family, rests in families:
            for rest in rests:
                family.labels(*first, *rest)


def remove(families: Families, firsts: Iterable[tuple[str, ...]]) -> None:
    """Remove the series of everything that is named by first labels."""
    for first in firsts:
        for family, rests in families:
            for rest in rests:
                family.remove(*first, *rest)


def words(*labels: str) -> Sequence[tuple[str, ...]]:
    """Return each word that a label may be."""
    return [(label,) for label in labels]


ALONE: Sequence[tuple[str, ...]] = [()]
"""No further labels."""


class Series:
    """Makes metrics in a registry.

    Args:
        registry: Where they are collected.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, *labels: str, bounds: Sequence[float] = SHORT) -> Histogram:
        return Histogram(PREFIX + name, meaning, labels, buckets=bounds, registry=self._registry)
