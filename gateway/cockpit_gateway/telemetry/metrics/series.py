"""What the rooms of the metrics have in common: how their series are named, made and removed."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

PREFIX = "cockpit_gateway_"

SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds in seconds of what happens once per event within the gateway."""

TARGET = ("plugin", "target")
"""The labels that name a target."""


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

    def _summary(self, name: str, meaning: str, *labels: str) -> Summary:
        return Summary(PREFIX + name, meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, *labels: str, bounds: Sequence[float] = SHORT) -> Histogram:
        return Histogram(PREFIX + name, meaning, labels, buckets=bounds, registry=self._registry)
