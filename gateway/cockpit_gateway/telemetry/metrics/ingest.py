"""Metrics of receiving, from the request to the commit."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from prometheus_client import CollectorRegistry

from cockpit_gateway.events import EventStatus
from cockpit_gateway.telemetry.metrics.series import ALONE, Families, Series, create, remove, words

UNSOUND = tuple(status.value for status in EventStatus if status is not EventStatus.ACCEPTED)
FATES = ("stored", "duplicate", "ignored", "refused")

REFUSALS = (400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 417, 422, 429, 431, 500, 503)
"""The statuses of answers that are problems."""


class IngestSeries(Series):
    """What is counted and timed until an event is stored."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self._events = self._counter("events", "POSTs let in, by what became of them", "source", "fate")
        self._unsound = self._counter(
            "unsound_events", "Stored events that are undecodable, withheld or dropped", "source", "status"
        )
        self._refused = self._counter("requests_refused", "Requests answered with a problem", "status")
        self._in_flight = self._gauge(
            "bodies_in_flight_bytes", "Bytes of bodies that are being read or wait for their commit"
        )
        self._ingest_seconds = self._histogram("ingest_seconds", "From a body that was read to its planned event")
        self._commit_seconds = self._histogram("commit_seconds", "From planned to durable")
        self._ack_seconds = self._histogram(
            "ack_seconds", "From the head of a request that was let in to its answer, written", "source"
        )
        # Looking a series up by its labels costs more than counting, and there are few: each is looked up once.
        self._event = cache(self._events.labels)
        self._ack = cache(self._ack_seconds.labels)
        self._of_sources: Families = (
            (self._events, words(*FATES)),
            (self._unsound, words(*UNSOUND)),
            (self._ack_seconds, ALONE),
        )
        create([(self._refused, words(*map(str, REFUSALS)))], ALONE)

    def _change_sources(self, *, gone: Collection[str], new: Collection[str]) -> None:
        remove(self._of_sources, words(*gone))
        self._event.cache_clear()
        self._ack.cache_clear()
        create(self._of_sources, words(*new))

    def received(self, source: str, fate: str) -> None:
        """Count a POST that was let in."""
        self._event(source, fate).inc()

    def unsound(self, source: str, status: str) -> None:
        """Count a stored event that is undecodable, withheld or dropped."""
        self._unsound.labels(source, status).inc()

    def refused(self, status: int) -> None:
        """Count a request answered with a problem."""
        self._refused.labels(str(status)).inc()

    def in_flight(self, size: int) -> None:
        """Set the gauge of the bodies being read or waiting for their commit; bytes."""
        self._in_flight.set(size)

    def planned(self, seconds: float) -> None:
        """Note how long it took from a body to its event with its deliveries."""
        self._ingest_seconds.observe(seconds)

    def committed(self, seconds: float) -> None:
        """Note how long a commit took."""
        self._commit_seconds.observe(seconds)

    def answered(self, source: str, seconds: float) -> None:
        """Note how long a client of a source waited for its answer."""
        self._ack(source).observe(seconds)
