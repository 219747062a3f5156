"""Prometheus metrics. Series exist before the first event, so that a rate over them starts at zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from cockpit_gateway.deliveries import Hold, Outcome, TargetId

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
DEATHS = ("rejected", "gave up", "expired", "overflow", "crashes")
FATES = ("stored", "duplicate", "ignored", "refused")


class Metrics:
    """The gateway's metrics, in a registry of their own.

    Args:
        version: The gateway's version.
    """

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._events = Counter(
            "cockpit_gateway_events",
            "POSTs let in, by what became of them",
            ["source", "fate"],
            registry=self._registry,
        )
        self._unsound = Counter(
            "cockpit_gateway_unsound_events",
            "Stored events that are undecodable, withheld or dropped",
            ["source", "status"],
            registry=self._registry,
        )
        self._turned_away = Counter(
            "cockpit_gateway_requests_refused", "Requests answered with a problem", ["status"], registry=self._registry
        )
        self._in_flight = Gauge(
            "cockpit_gateway_bodies_in_flight_bytes",
            "Bytes of bodies that are being read or wait for their commit",
            registry=self._registry,
        )
        self._commit_seconds = Histogram(
            "cockpit_gateway_commit_seconds",
            "From planned to durable",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._attempts = Counter(
            "cockpit_gateway_attempts", "Attempts, by outcome", ["plugin", "target", "outcome"], registry=self._registry
        )
        self._attempt_seconds = Histogram(
            "cockpit_gateway_attempt_seconds",
            "Duration of attempts",
            ["plugin", "target"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._delivery_seconds = Histogram(
            "cockpit_gateway_delivery_seconds",
            "From acceptance to delivered",
            ["plugin", "target"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._deaths = Counter(
            "cockpit_gateway_dead_letters",
            "Deliveries given up, by reason",
            ["plugin", "target", "reason"],
            registry=self._registry,
        )
        self._held = Gauge(
            "cockpit_gateway_target_held",
            "1 while a target's deliveries are passed by",
            ["plugin", "target", "state"],
            registry=self._registry,
        )
        self._hook_failures = Counter(
            "cockpit_gateway_hook_failures",
            "Exceptions raised by filter_event and plan_deliveries",
            ["plugin", "hook"],
            registry=self._registry,
        )
        self._backlog = Gauge(
            "cockpit_gateway_backlog", "Pending deliveries", ["plugin", "target"], registry=self._registry
        )
        self._oldest = Gauge(
            "cockpit_gateway_backlog_overdue_seconds",
            "How long the first pending delivery has been due",
            ["plugin", "target"],
            registry=self._registry,
        )
        self._stalls = Counter(
            "cockpit_gateway_loop_stalls", "Times the event loop was held too long", registry=self._registry
        )
        self._pruned = Counter(
            "cockpit_gateway_events_pruned", "Events deleted because they need not be kept", registry=self._registry
        )
        self._reserve = Gauge(
            "cockpit_gateway_store_reserve",
            "1 while room on the disk is set aside for when there is no other, 0 once it is used",
            registry=self._registry,
        )
        # Looking a series up by its labels costs more than counting, and there are few: each is looked up once.
        self._event = cache(self._events.labels)
        self._attempt = cache(lambda target_id, outcome: self._attempts.labels(*target_id, outcome.value))
        self._attempt_time = cache(lambda target_id: self._attempt_seconds.labels(*target_id))
        self._delivery_time = cache(lambda target_id: self._delivery_seconds.labels(*target_id))
        info = Gauge("cockpit_gateway_info", "Always 1", ["version"], registry=self._registry)
        info.labels(version).set(1)

    def prepare(self, sources: Iterable[str], targets: Iterable[TargetId]) -> None:
        """Create the series of every source and target."""
        for source in sources:
            for fate in FATES:
                self._events.labels(source, fate)
        for target_id in targets:
            for outcome in Outcome:
                self._attempts.labels(target_id.plugin, target_id.target, outcome.value)
            for reason in DEATHS:
                self._deaths.labels(*target_id, reason)
            self._attempt_seconds.labels(*target_id)
            self._delivery_seconds.labels(*target_id)
            self._backlog.labels(*target_id).set(0)
            self._oldest.labels(*target_id).set(0)

    def received(self, source: str, fate: str) -> None:
        """Count a POST that was let in."""
        self._event(source, fate).inc()

    def unsound(self, source: str, status: str) -> None:
        """Count a stored event that is undecodable, withheld or dropped."""
        self._unsound.labels(source, status).inc()

    def refused(self, status: int) -> None:
        """Count a request answered with a problem."""
        self._turned_away.labels(str(status)).inc()

    def in_flight(self, size: int) -> None:
        """Set the gauge of the bodies being read or waiting for their commit; bytes."""
        self._in_flight.set(size)

    def committed(self, seconds: float) -> None:
        """Note how long a commit took."""
        self._commit_seconds.observe(seconds)

    def attempt(self, target_id: TargetId, outcome: Outcome, seconds: float) -> None:
        """Count an attempt."""
        self._attempt(target_id, outcome).inc()
        self._attempt_time(target_id).observe(seconds)

    def delivered(self, target_id: TargetId, seconds: float) -> None:
        """Note how long it took from acceptance to delivered."""
        self._delivery_time(target_id).observe(seconds)

    def died(self, target_id: TargetId, reason: str, count: int = 1) -> None:
        """Count deliveries given up: "rejected", "gave up", "expired", "overflow" or "crashes"."""
        self._deaths.labels(*target_id, reason).inc(count)

    def held(self, targets: Mapping[TargetId, Hold | None]) -> None:
        """Set the gauges of why targets' deliveries are passed by."""
        self._held.clear()
        for target_id, current in targets.items():
            for hold in (Hold.PAUSED, Hold.DISABLED, Hold.BROKEN):
                self._held.labels(*target_id, hold.value).set(hold is current)

    def hook_failed(self, plugin: str, hook: str) -> None:
        """Count an exception raised by a filter or planner."""
        self._hook_failures.labels(plugin, hook).inc()

    def pruned(self, events: int) -> None:
        """Count events that were deleted because they need not be kept."""
        self._pruned.inc(events)

    def reserve(self, there: bool) -> None:  # noqa: FBT001 - its only value
        """Set the gauge of the room that is set aside."""
        self._reserve.set(there)

    def stalled(self) -> None:
        """Count a time that the event loop was held too long."""
        self._stalls.inc()

    def backlog(self, pending: Mapping[TargetId, tuple[int, float]]) -> None:
        """Set the backlog gauges.

        Args:
            pending: Per target, the pending deliveries and the seconds for which the first has been due.
        """
        self._backlog.clear()
        self._oldest.clear()
        for target_id, (count, overdue) in pending.items():
            self._backlog.labels(*target_id).set(count)
            self._oldest.labels(*target_id).set(max(0.0, overdue))

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)
