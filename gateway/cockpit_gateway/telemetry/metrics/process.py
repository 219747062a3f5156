"""Metrics of the process: its plugins, its event loop, its configuration, what the operating system knows of it."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector

from cockpit_gateway.telemetry.metrics.hooks import HookTallies
from cockpit_gateway.telemetry.metrics.series import ALONE, SHORT, Families, Series, create, remove


class ProcessSeries(Series):
    """What is known of the process and of what runs in it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.hooks = HookTallies()
        registry.register(self.hooks)
        self._untold = self._counter(
            "outcomes_untold", "Outcomes that were not told to a plugin's delivery_settled: too many waited", "plugin"
        )
        self._stuck = self._gauge("plugin_stuck", "1 while all threads of a plugin hang", "plugin")
        self._overdue_calls = self._gauge(
            "plugin_overdue_calls", "Calls in a plugin's threads that go on after their time", "plugin"
        )
        self._stalls = self._counter("loop_stalls", "Times the event loop was held too long")
        self._lag = self._histogram("loop_lag_seconds", "How late the event loop does what it is to do", bounds=SHORT)
        self._ready = self._gauge("ready", "1 while events are taken")
        self._reload_worked = self._gauge("config_last_reload_successful", "1 if the last reload, or the start, worked")
        self._reloaded_at = self._gauge(
            "config_last_reload_success_timestamp_seconds", "When the configuration was last read, since the Unix epoch"
        )
        self._of_observers: Families = ((self._untold, ALONE),)
        self._config = self._gauge(
            "config_info", "Always 1; the hash tells the text of the configuration in force from another", "hash"
        )
        self._build_info = self._gauge("build_info", "Always 1", "version", "python")
        self._reload_worked.set(1)
        self._reloaded_at.set_to_current_time()
        ProcessCollector(registry=registry)
        GCCollector(registry)

    def _build(self, version: str) -> None:
        self._build_info.labels(version, platform.python_version()).set(1)

    def _change_hooks(self, *, gone: Collection[tuple[str, str]], new: Collection[tuple[str, str]]) -> None:
        for names in gone:
            self.hooks.by_name.pop(names, None)
        for names in new:
            self.hooks.by_name[names]  # is made
        remove(self._of_observers, _observers(gone))
        create(self._of_observers, _observers(new))

    def untold(self, plugin: str) -> None:
        """Count an outcome that was not told."""
        self._untold.labels(plugin).inc()

    def threads(self, plugins: Mapping[str, tuple[int, bool]]) -> None:
        """Set the gauges of plugins' threads: calls that are overdue, and whether all threads hang."""
        self._overdue_calls.clear()
        self._stuck.clear()
        for plugin, (overdue, stuck) in plugins.items():
            self._overdue_calls.labels(plugin).set(overdue)
            self._stuck.labels(plugin).set(stuck)

    def stalled(self) -> None:
        """Count a time that the event loop was held too long."""
        self._stalls.inc()

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was."""
        self._lag.observe(seconds)

    def ready(self, is_ready: bool) -> None:  # noqa: FBT001 - its only value
        """Set the gauge of whether events are taken."""
        self._ready.set(is_ready)

    def reloaded(self, *, successful: bool) -> None:
        """Note a reload of the configuration."""
        self._reload_worked.set(successful)
        if successful:
            self._reloaded_at.set_to_current_time()

    def configured(self, digest: str) -> None:
        """Note which configuration is in force."""
        self._config.clear()
        self._config.labels(digest).set(1)


def _observers(hooks: Collection[tuple[str, str]]) -> Sequence[tuple[str, ...]]:
    """Return the plugins that are told outcomes."""
    return [(plugin,) for plugin, hook in hooks if hook == "delivery_settled"]
