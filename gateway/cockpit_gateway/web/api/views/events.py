"""Events as the API shows them."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.web.api.views.base import Next, SearchedTo, Time, View, iso


class EventSummary(View):
    """An event as a list shows it: without its arguments."""

    id: str = Field(description="Its id, a UUIDv7.")
    seq: int = Field(description="Its place in the order of acceptance.")
    name: str = Field(description="Its full name; empty if the body could not be decoded.")
    source: str = Field(description="The source that it came from.")
    label: str | None = Field(description="The last part of the path that it was posted to.")
    hook: str | None = Field(description="The name of the webhook in Cockpit.")
    backend: int | None = Field(description="What Cockpit says of where it was caused.")
    subjects: list[str] = Field(description="What it is about.")
    status: EventStatus = Field(description="Whether it was accepted as it came.")
    problem: str | None = Field(description="What is wrong with it.")
    received_at: Time = Field(description="When it was received.")
    bytes: int = Field(description="The size of its body.")

    @classmethod
    def of(cls, event: Event, **more: Any) -> Self:
        """Return what is shown of an event.

        Args:
            event: The event.
            more: The fields of a subclass.
        """
        return cls(
            id=event.id,
            seq=event.seq,
            name=event.name,
            source=event.source,
            label=event.label,
            hook=event.hook,
            backend=event.backend,
            subjects=list(event.subjects),
            status=event.status,
            problem=event.problem,
            received_at=iso(event.received_at),
            bytes=len(event.body),
            **more,
        )


class EventList(View):
    """A page of events."""

    events: list[EventSummary] = Field(description="They, the newest first.")
    next: Next
    searched_to: SearchedTo
