"""Metrics of the store."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry

from cockpit_gateway.telemetry.metrics.series import Series

GROUPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class StoreSeries(Series):
    """What is known of the store."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self._group_jobs = self._histogram(
            "store_transaction_jobs", "What one transaction carries out (group commit)", bounds=GROUPS
        )
        self._group_seconds = self._histogram("store_transaction_seconds", "From the begin of a transaction to durable")
        self._waiting = self._gauge("store_waiting_jobs", "What waits for the next transaction")
        self._size = self._gauge("store_size_bytes", "Size of the store, its log aside")
        self._log = self._gauge("store_log_bytes", "Size of its write-ahead log")
        self._free = self._gauge("store_disk_free_bytes", "What is free on its disk")
        self._reserve = self._gauge(
            "store_reserve", "1 while room on the disk is set aside for when there is no other, 0 once it is used"
        )
        self._pruned = self._counter("events_pruned", "Events deleted because they need not be kept")

    def transacted(self, jobs: int, seconds: float) -> None:
        """Note a transaction; called in the store's own thread."""
        self._group_jobs.observe(jobs)
        self._group_seconds.observe(seconds)

    def store_measured(self, *, waiting: int, size: int, log: int | None, free: int | None) -> None:
        """Set the gauges of the store: jobs, and bytes; None for what is not this process's to know."""
        self._waiting.set(waiting)
        self._size.set(size)
        self._log.set(math.nan if log is None else log)
        self._free.set(math.nan if free is None else free)

    def reserve(self, there: bool | None) -> None:  # noqa: FBT001 - its only value
        """Set the gauge of the room that is set aside; None if the disk is not this process's to mind."""
        self._reserve.set(math.nan if there is None else there)

    def pruned(self, events: int) -> None:
        """Count events that were deleted because they need not be kept."""
        self._pruned.inc(events)
