"""Metrics of delivering: attempts, their outcomes, and what waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from cockpit_gateway.deliveries import Cause, Hold, Outcome, TargetId
from cockpit_gateway.telemetry.metrics.series import ALONE, TARGET, Families, Series, create, remove, words

DEATHS = ("rejected", "gave up", "expired", "overflow", "crashes")
HOLDS = (Hold.PAUSED, Hold.DISABLED, Hold.BROKEN)

ATTEMPT_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DELIVERY_BOUNDS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 300.0, 3600.0, 21600.0, 86400.0)
"""Seconds; a delivery that is retried takes hours."""


class Waiting(NamedTuple):
    """What waits for a target.

    Attributes:
        deliveries: Pending ones.
        size: Bytes of their bodies.
        oldest: Seconds for which the first of them has been waiting.
        overdue: Seconds for which the first of them has been due.
    """

    deliveries: int = 0
    size: int = 0
    oldest: float = 0.0
    overdue: float = 0.0


class DeliverySeries(Series):
    """What is counted and timed once an event is stored."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self._attempts = self._counter("attempts", "Attempts, by outcome", *TARGET, "outcome")
        self._failures = self._counter("attempt_failures", "Attempts that failed, by reason", *TARGET, "reason")
        self._attempt_seconds = self._histogram(
            "attempt_seconds", "Duration of attempts", *TARGET, bounds=ATTEMPT_BOUNDS
        )
        self._delivery_seconds = self._histogram(
            "delivery_seconds", "From accepted, or last put back, to delivered", *TARGET, bounds=DELIVERY_BOUNDS
        )
        self._running = self._gauge("attempts_running", "Attempts under way", *TARGET)
        self._deaths = self._counter("dead_letters", "Deliveries given up, by reason", *TARGET, "reason")
        self._replayed = self._counter("replayed_deliveries", "Deliveries that a replay made pending")
        self._held = self._gauge(
            "target_held", "1 while a target's deliveries are passed by; broken: its breaker is open", *TARGET, "state"
        )
        self._disowned = self._counter(
            "disowned_attempts", "Attempts under way when this node's lease was lost: they may be made again", *TARGET
        )
        self._lost_leases = self._counter("lost_leases", "Times this node's lease ran out and others took over")
        self._homes = self._gauge("homes", "Targets whose home this node is, where nodes share a store")
        self._breaker_changes = self._counter("breaker_changes", "Times a breaker opened or closed", *TARGET, "state")
        self._backlog = self._gauge("backlog_deliveries", "Pending deliveries", *TARGET)
        self._backlog_size = self._gauge("backlog_bytes", "Bytes of the bodies of pending deliveries", *TARGET)
        self._oldest = self._gauge(
            "backlog_oldest_seconds", "How long the first pending delivery has been waiting", *TARGET
        )
        self._overdue = self._gauge(
            "backlog_overdue_seconds", "How long the first pending delivery has been due", *TARGET
        )
        # Looking a series up by its labels costs more than counting, and there are few: each is looked up once.
        self._attempt = cache(lambda target_id, outcome: self._attempts.labels(*target_id, outcome.value))
        self._attempt_time = cache(lambda target_id: self._attempt_seconds.labels(*target_id))
        self._delivery_time = cache(lambda target_id: self._delivery_seconds.labels(*target_id))

        self._of_targets: Families = (
            (self._attempts, words(*Outcome)),
            (self._failures, words(*Cause)),
            (self._deaths, words(*DEATHS)),
            (self._disowned, ALONE),
            (self._breaker_changes, words("open", "closed")),
            (self._attempt_seconds, ALONE),
            (self._delivery_seconds, ALONE),
        )

    def _change_targets(self, *, gone: Collection[TargetId], new: Collection[TargetId]) -> None:
        remove(self._of_targets, gone)
        for found in (self._attempt, self._attempt_time, self._delivery_time):
            found.cache_clear()
        create(self._of_targets, new)

    def attempt(self, target_id: TargetId, outcome: Outcome, seconds: float, cause: Cause | None = None) -> None:
        """Count an attempt.

        Args:
            target_id: Whom it was made at.
            outcome: How it ended.
            seconds: How long it took.
            cause: Why it failed, None if it did not.
        """
        self._attempt(target_id, outcome).inc()
        self._attempt_time(target_id).observe(seconds)
        if cause is not None:
            self._failures.labels(*target_id, cause.value).inc()

    def delivered(self, target_id: TargetId, seconds: float) -> None:
        """Note how long it took from acceptance to delivered."""
        self._delivery_time(target_id).observe(seconds)

    def died(self, target_id: TargetId, reason: str, count: int = 1) -> None:
        """Count deliveries given up: "rejected", "gave up", "expired", "overflow" or "crashes"."""
        self._deaths.labels(*target_id, reason).inc(count)

    def disowned(self, target_id: TargetId) -> None:
        """Count an attempt under way when this node's lease was lost."""
        self._disowned.labels(*target_id).inc()

    def lease_lost(self) -> None:
        """Count that this node's lease ran out and others took over."""
        self._lost_leases.inc()

    def homes(self, count: int) -> None:
        """Set the number of targets whose home this node is."""
        self._homes.set(count)

    def replayed(self, deliveries: int) -> None:
        """Count deliveries that a replay made pending."""
        self._replayed.inc(deliveries)

    def breaker_changed(self, target_id: TargetId, state: str) -> None:
        """Count a breaker that is now "open" or "closed"."""
        self._breaker_changes.labels(*target_id, state).inc()

    def held(self, targets: Mapping[TargetId, Hold | None]) -> None:
        """Set the gauges of why targets' deliveries are passed by."""
        self._held.clear()
        for target_id, current in targets.items():
            for hold in HOLDS:
                self._held.labels(*target_id, hold.value).set(hold is current)

    def running(self, attempts: Mapping[TargetId, int]) -> None:
        """Set the gauges of the attempts under way."""
        self._running.clear()
        for target_id, count in attempts.items():
            self._running.labels(*target_id).set(count)

    def backlog(self, pending: Mapping[TargetId, Waiting]) -> None:
        """Set the gauges of what waits."""
        for gauge in (self._backlog, self._backlog_size, self._oldest, self._overdue):
            gauge.clear()
        for target_id, waiting in pending.items():
            self._backlog.labels(*target_id).set(waiting.deliveries)
            self._backlog_size.labels(*target_id).set(waiting.size)
            self._oldest.labels(*target_id).set(max(0.0, waiting.oldest))
            self._overdue.labels(*target_id).set(max(0.0, waiting.overdue))
