"""docs/reference/metrics.md, from what a gateway that has done everything once would answer a scrape."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from cockpit_gateway import __version__
from cockpit_gateway.deliveries import Hold, TargetId
from cockpit_gateway.telemetry.metrics import Metrics, Waiting
from generators.markdown import document, listed, table

INTRODUCTION = """\
`GET /metrics` answers in Prometheus' text format, on the address that Cockpit posts to and on the command line's
socket; in OpenMetrics if that is asked for. The series of every configured source, target and hook exist from the
start, at zero, and go with what they are of. [Watch the gateway](../how-to/watch-the-gateway.md) has a dashboard and
alerts.
"""

ENDPOINT = TargetId("webhook", "search-index")


def page() -> str:
    """Return the page."""
    rows = [[f"`{_name(found)}`", found.type, _labels(found), found.documentation] for found in _families()]
    return document("Metrics", INTRODUCTION, table(["metric", "type", "labels", "meaning"], rows))


def _families() -> Iterable[Metric]:
    metrics = Metrics(__version__)
    metrics.prepare(["website"], [ENDPOINT], [("redact", "filter_event"), ("audit", "delivery_settled")])
    metrics.held({ENDPOINT: Hold.PAUSED})
    metrics.running({ENDPOINT: 0})
    metrics.backlog({ENDPOINT: Waiting()})
    metrics.threads({"redact": (0, False)})
    metrics.configured("0123456789abcdef")
    return text_string_to_metric_families(metrics.text().decode())


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> str:
    if not family.samples:
        raise ValueError(f"{family.name} has no series: touch it above, so that its labels are known")
    names = {name for sample in family.samples for name in sample.labels} - {"le"}
    return listed(sorted(names), "and")
