"""Spans for OpenTelemetry, sent by OTLP over HTTP (extra `otel`)."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cockpit_gateway import traceparent
from cockpit_gateway.telemetry.spans import Attributes, Kind
from cockpit_gateway.threads import WorkerThreads, abandon

EXPORT_TIMEOUT = 5.0
"""Seconds that a collector gets to take some spans."""

LAST_EXPORT = 3.0
"""Seconds that the last spans get when the gateway stops."""

_KINDS = {
    Kind.SERVER: trace.SpanKind.SERVER,
    Kind.INTERNAL: trace.SpanKind.INTERNAL,
    Kind.PRODUCER: trace.SpanKind.PRODUCER,
}
_propagator = TraceContextTextMapPropagator()


class OtelSpan:
    """A span of OpenTelemetry's.

    Args:
        span: The span.
    """

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, trace.set_span_in_context(span))
        self.traceparent = carrier.get(traceparent.HEADER)

    def note(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes({name: value for name, value in attributes.items() if value is not None})

    def link(self, traces: Iterable[str | None]) -> None:
        """Link further traces."""
        for other in traces:
            if other is not None:
                self._span.add_link(trace.get_current_span(_context_of(other)).get_span_context())

    def fail(self, reason: str) -> None:
        """Give it the status "error"."""
        self._span.set_status(trace.StatusCode.ERROR, reason)


class OtelSpans:
    """Makes spans, and sends them in the background.

    Args:
        endpoint: The collector's URL; spans go to /v1/traces below it.
        headers: Headers that it wants.
        service: What the service is called.
        version: Its version.
        sample: The share of the traces that begin here which is sent.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], *, service: str, version: str, sample: float) -> None:
        resource = Resource.create({SERVICE_NAME: service, SERVICE_VERSION: version})
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(sample), resource=resource, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint}/v1/traces",
            headers=dict(headers),
            timeout=EXPORT_TIMEOUT,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cockpit_gateway", version)

    @contextmanager
    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> Generator[OtelSpan]:
        """Begin a span; what is raised in it is its status, without a traceback: that may hold anything."""
        with self._tracer.start_as_current_span(
            name, _context_of(parent), _KINDS[kind], record_exception=False, set_status_on_exception=False
        ) as begun:
            span = OtelSpan(begun)
            span.note(attributes)
            before = traceparent.current.set(span.traceparent)
            try:
                yield span
            except BaseException as error:
                span.fail(type(error).__name__)
                raise
            finally:
                traceparent.current.reset(before)

    async def close(self) -> None:
        """Send what has not been sent, as far as the collector takes it at once."""
        flushing = asyncio.create_task(WorkerThreads("spans", 1).run(self._provider.shutdown))
        await asyncio.wait([flushing], timeout=LAST_EXPORT)
        await abandon([flushing])


def _context_of(parent: str | None) -> context.Context:
    """Return the context that a `traceparent` stands for; an empty one for none, so that a trace begins."""
    return _propagator.extract({} if parent is None else {traceparent.HEADER: parent}, context.Context())
