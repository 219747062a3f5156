"""What is told of spans, as the configuration wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit_gateway import __version__
from cockpit_gateway.telemetry.spans import Spans, Untraced

if TYPE_CHECKING:
    from cockpit_gateway.config import Tracing


def spans_of(tracing: Tracing | None) -> Spans:
    """Return what is told of spans.

    Args:
        tracing: The `tracing` section; None for nothing.
    """
    if tracing is None:
        return Untraced()
    from cockpit_gateway.telemetry.otel import OtelSpans  # noqa: PLC0415 - an extra, and slow to import

    headers = {name: value.get_secret_value() for name, value in tracing.headers.items()}
    return OtelSpans(tracing.endpoint, headers, service=tracing.service, version=__version__, sample=tracing.sample)
