"""docs/reference/metrics.md, from what a gateway that has done everything once would answer a scrape."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from cockpit_gateway import __version__
from cockpit_gateway.deliveries import Hold, Outcome, TargetId
from cockpit_gateway.telemetry.metrics import Metrics
from generators.markdown import document, listed, table

INTRODUCTION = """\
`GET /metrics` answers in Prometheus' text format, on the address that Cockpit posts to and on the command line's
socket. The series of every configured source and target exist from the start, at zero. Each counter and histogram
also has a series that ends in `_created`: when it began to count, seconds since the Unix epoch.
"""

ENDPOINT = TargetId("webhook", "search-index")


def page() -> str:
    """Return the page."""
    families = [found for found in _families() if not found.name.endswith("_created")]
    rows = [[f"`{_name(found)}`", found.type, _labels(found), found.documentation] for found in families]
    return document("Metrics", INTRODUCTION, table(["metric", "type", "labels", "meaning"], rows))


def _families() -> Iterable[Metric]:
    metrics = Metrics(__version__)
    metrics.prepare(["website"], [ENDPOINT])
    metrics.unsound("website", "undecodable")
    metrics.refused(401)
    metrics.held({ENDPOINT: Hold.PAUSED})
    metrics.hook_failed("redact", "filter_event")
    metrics.attempt(ENDPOINT, Outcome.DELIVERED, 0.1)
    return text_string_to_metric_families(metrics.text().decode())


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> str:
    if not family.samples:
        raise ValueError(f"{family.name} has no series: touch it above, so that its labels are known")
    names = {name for sample in family.samples for name in sample.labels} - {"le"}
    return listed(sorted(names), "and")
