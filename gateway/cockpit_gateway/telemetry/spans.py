"""Spans: what a trace is told of an event's way. Without `tracing`, a trace is only passed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from enum import Enum
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from cockpit_gateway import traceparent

Attributes: TypeAlias = Mapping[str, str | int | float | bool | None]
"""What is told of a span, by OpenTelemetry's names where it has some; what is None is left out."""


class Kind(Enum):
    """Which part a span plays (OpenTelemetry, Trace API, "SpanKind")."""

    SERVER = "server"
    """Somebody asked us."""
    INTERNAL = "internal"
    PRODUCER = "producer"
    """We ask somebody, later than what we were asked."""


class Span(Protocol):
    """Something that lasts, as a trace shows it.

    Attributes:
        traceparent: What belongs to it names this as its parent; None outside of any trace.
    """

    @property
    def traceparent(self) -> str | None:
        """Its own `traceparent`."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Tell more of it."""
        ...

    def link(self, traces: Iterable[str | None]) -> None:
        """Name further traces that it belongs to, as `traceparent`s."""
        ...

    def fail(self, reason: str) -> None:
        """Mark it as failed."""
        ...


class Spans(Protocol):
    """Makes spans."""

    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> AbstractContextManager[Span]:
        """Begin a span, which is the current one until its end.

        Args:
            name: What lasts.
            kind: Which part it plays.
            parent: The `traceparent` that it belongs to, None to begin a trace.
            attributes: What is told of it.
        """
        ...

    async def close(self) -> None:
        """Send what has not been sent."""
        ...


class PassedOn:
    """A span of nobody's: what belongs to it belongs to its parent.

    Args:
        parent: The `traceparent` that is passed on.
    """

    __slots__ = ("_before", "traceparent")

    def __init__(self, parent: str | None) -> None:
        self.traceparent = parent

    def __enter__(self) -> Self:
        self._before = traceparent.current.set(self.traceparent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        traceparent.current.reset(self._before)

    def note(self, attributes: Attributes) -> None:
        """Tell nobody."""

    def link(self, traces: Iterable[str | None]) -> None:
        """Tell nobody."""

    def fail(self, reason: str) -> None:
        """Tell nobody."""


class Untraced:
    """Makes no spans, and passes traces on."""

    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> PassedOn:  # noqa: ARG002 - as `Spans` has it
        """Return one that only passes its parent on."""
        return PassedOn(parent)

    async def close(self) -> None:
        """Have nothing to send."""
