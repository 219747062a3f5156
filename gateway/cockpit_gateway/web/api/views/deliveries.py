"""Deliveries and their attempts as the API shows them, and the events that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Hold, Outcome, Response
from cockpit_gateway.events import Event
from cockpit_gateway.web.api.views.base import Next, SearchedTo, Time, View, iso, iso_or_none
from cockpit_gateway.web.api.views.events import EventSummary


class TargetAnswer(View):
    """What a target answered."""

    status: int | None = Field(description="The HTTP status, null where there is none.")
    headers: list[tuple[str, str]] = Field(description="The headers, in the order in which they came.")
    body: str = Field(description="The body, or what is kept of it.")
    truncated: bool = Field(description="Whether the body was longer.")

    @classmethod
    def of(cls, response: Response) -> Self:
        """Return what is shown of a response."""
        return cls(
            status=response.status,
            headers=list(response.headers),
            body=response.body.decode("utf-8", "replace"),
            truncated=response.truncated,
        )


class AttemptDetail(View):
    """One try of a delivery."""

    number: int = Field(description="1 for the first.")
    started_at: Time = Field(description="When it began.")
    seconds: float = Field(description="How long it took.")
    outcome: Outcome = Field(description="How it ended.")
    reason: str | None = Field(description="Why it failed.")
    response: TargetAnswer | None = Field(description="What the target answered, null if nothing.")

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Return what is shown of an attempt."""
        return cls(
            number=attempt.number,
            started_at=iso(attempt.started_at),
            seconds=round(attempt.duration, 6),
            outcome=attempt.outcome,
            reason=attempt.reason,
            response=None if attempt.response is None else TargetAnswer.of(attempt.response),
        )


class DeliverySummary(View):
    """A delivery as a list shows it."""

    id: str = Field(description="Its id, a UUIDv7; receivers get it as `webhook-id`.")
    event: str = Field(description="The id of its event.")
    seq: int = Field(description="The event's place in the order of acceptance.")
    plugin: str = Field(description="The plugin that makes it.")
    target: str = Field(description="Where it goes.")
    key: str | None = Field(description="Its lane's key.")
    state: DeliveryState = Field(description="How it stands.")
    held: Hold | None = Field(description="Why it is passed by although it is pending, null if it is not.")
    attempts: int = Field(description="How many attempts were made.")
    due_at: Time = Field(description="When it is due.")
    created_at: Time = Field(description="When it was planned.")
    ended_at: Time | None = Field(description="When it ended.")
    reason: str | None = Field(description="Why it failed last, or ended.")
    superseded_by: str | None = Field(description="The id of the delivery that takes its place.")

    @classmethod
    def of(cls, delivery: Delivery, held: Hold | None, **more: Any) -> Self:
        """Return what is shown of a delivery.

        Args:
            delivery: The delivery.
            held: Why it is passed by although pending, None if it is not.
            more: The fields of a subclass.
        """
        return cls(
            id=delivery.id,
            event=delivery.event_id,
            seq=delivery.seq,
            plugin=delivery.plugin,
            target=delivery.target,
            key=delivery.key,
            state=delivery.state,
            held=held,
            attempts=delivery.attempts,
            due_at=iso(delivery.due_at),
            created_at=iso(delivery.created_at),
            ended_at=iso_or_none(delivery.ended_at),
            reason=delivery.reason,
            superseded_by=delivery.superseded_by,
            **more,
        )


class DeliveryDetail(DeliverySummary):
    """A delivery with its attempts."""

    history: list[AttemptDetail] = Field(description="The attempts, first to last.")

    @classmethod
    def with_attempts(cls, delivery: Delivery, held: Hold | None, attempts: Sequence[Attempt]) -> Self:
        """Return what is shown of a delivery with its attempts."""
        return cls.of(delivery, held, history=[AttemptDetail.of(attempt) for attempt in attempts])


class DeliveryList(View):
    """A page of deliveries."""

    deliveries: list[DeliverySummary] = Field(description="They, the newest first.")
    next: Next
    searched_to: SearchedTo


class EventDetail(EventSummary):
    """An event with its arguments and deliveries."""

    args: list[Any] = Field(description="The arguments that Cockpit sent.")
    body: str | None = Field(description="What was sent, if it could not be decoded.")
    deliveries: list[DeliverySummary] = Field(description="Where it went.")

    @classmethod
    def with_deliveries(cls, event: Event, deliveries: Sequence[DeliverySummary]) -> Self:
        """Return what is shown of an event with its deliveries."""
        body = None if event.name else event.body.decode("utf-8", "replace")
        return cls.of(event, args=event.args, body=body, deliveries=list(deliveries))


class ExportedEvent(EventDetail):
    """An event with everything that belongs to it."""

    deliveries: list[DeliveryDetail] = Field(description="Where it went, with each attempt.")  # type: ignore[assignment]
