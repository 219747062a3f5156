"""Metrics of hooks: several are called per event, so that counting a call must cost less than a metric's own lock."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from cockpit_gateway.errors import Drop, Reject, Retry
from cockpit_gateway.telemetry.metrics.series import PREFIX

BY_DESIGN = (Drop, Retry, Reject)
"""What a plugin raises to say something; anything else that it raises is a failure."""

LABELS = ("plugin", "hook")


class Tally:
    """Counts the calls of one hook of one plugin.

    Attributes:
        calls: How many have ended.
        seconds: How long they took together.
        failures: How many raised what is a failure.
    """

    __slots__ = ("_lock", "calls", "failures", "seconds")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0
        self.seconds = 0.0
        self.failures = 0

    def called(self, seconds: float) -> None:
        """Count a call that has ended; in whatever thread it was made."""
        with self._lock:
            self.calls += 1
            self.seconds += seconds

    def raised(self, error: BaseException) -> None:
        """Count what a call raised, unless that is by design."""
        if isinstance(error, Exception) and not isinstance(error, BY_DESIGN):
            with self._lock:
                self.failures += 1


class HookTallies(Collector):
    """The tallies of all hooks.

    Attributes:
        by_name: They, by plugin and hook.
    """

    def __init__(self) -> None:
        self.by_name: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)

    def collect(self) -> Iterable[Metric]:
        """Return what is to be scraped."""
        times = SummaryMetricFamily(
            f"{PREFIX}hook_seconds", "Time in calls of hooks, their waiting included", labels=LABELS
        )
        failures = CounterMetricFamily(
            f"{PREFIX}hook_failures", "Exceptions raised by hooks, other than Retry, Reject and Drop", labels=LABELS
        )
        for names, tally in [*self.by_name.items()]:
            times.add_metric(names, tally.calls, tally.seconds)
            failures.add_metric(names, tally.failures)
        return times, failures
