"""What happens, and the sources, as the API shows them."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field

from cockpit_gateway.deliveries import Outcome
from cockpit_gateway.overview import Figures, Overview, Received, Series
from cockpit_gateway.web.api.views.base import Next, Time, View, iso, iso_or_none


class ReceivedCounts(View):
    """POSTs that were let in, by what became of them."""

    model_config = ConfigDict(from_attributes=True)

    stored: int = Field(description="Events.")
    duplicate: int = Field(description="Repeated ones.")
    ignored: int = Field(description="Noise that nobody names.")
    refused: int = Field(description="Such as must not be stored.")

    @classmethod
    def of(cls, received: Received) -> Self:
        """Return what is shown of counts."""
        return cls.model_validate(received)


class DeliveryFigures(View):
    """What happened to deliveries in some time."""

    delivered: int = Field(description="Deliveries that were delivered.")
    dead: int = Field(description="Deliveries that were given up.")
    attempts: dict[Outcome, int] = Field(description="Attempts that ended, by outcome.")
    success: float | None = Field(description="Share of the attempts that delivered, null without any.")
    latency_p50: float | None = Field(description="Median seconds from acceptance to delivered.")
    latency_p95: float | None = Field(description="Seconds from acceptance to delivered, 95th percentile.")

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """Return what is shown of figures."""
        return cls(
            delivered=figures.delivered,
            dead=figures.dead,
            attempts=dict(figures.attempts),
            success=figures.success,
            latency_p50=figures.latency_p50,
            latency_p95=figures.latency_p95,
        )


class StatsStep(View):
    """One step of time."""

    at: Time = Field(description="When it began.")
    received: ReceivedCounts = Field(description="What came in.")
    deliveries: DeliveryFigures = Field(description="What happened to deliveries.")

    @classmethod
    def all_of(cls, series: Series) -> list[Self]:
        """Return what is shown of a series."""
        return [
            cls(
                at=iso(moment.at),
                received=ReceivedCounts.of(moment.received),
                deliveries=DeliveryFigures.of(moment.figures),
            )
            for moment in series.moments
        ]


class TargetStats(View):
    """What happened at a target."""

    plugin: str = Field(description="The plugin of the target.")
    target: str = Field(description="The target.")
    pending: int = Field(description="Deliveries that wait.")
    oldest_at: Time | None = Field(description="Since when the longest waits.")
    dead: int = Field(description="Dead letters that are kept.")
    hour: DeliveryFigures = Field(description="The last hour.")
    day: DeliveryFigures = Field(description="The last 24 hours.")


class Stats(View):
    """What comes in and goes out, what waits and what fails."""

    at: Time = Field(description="When it was looked at.")
    pending: int = Field(description="Deliveries that wait.")
    oldest_at: Time | None = Field(description="Since when the longest waits.")
    dead: int = Field(description="Dead letters that are kept.")
    hour: list[StatsStep] = Field(description="The last hour, by the minute.")
    day: list[StatsStep] = Field(description="The last 24 hours, by the hour.")
    targets: list[TargetStats] = Field(description="Every target that is configured or has a backlog.")

    @classmethod
    def of(cls, found: Overview) -> Self:
        """Return what is shown of an overview."""
        return cls(
            at=iso(found.at),
            pending=found.pending,
            oldest_at=iso_or_none(found.oldest_at),
            dead=found.dead,
            hour=StatsStep.all_of(found.hour),
            day=StatsStep.all_of(found.day),
            targets=[
                TargetStats(
                    plugin=target.report.target_id.plugin,
                    target=target.report.target_id.target,
                    pending=target.report.pending,
                    oldest_at=iso_or_none(target.report.oldest_at),
                    dead=target.dead,
                    hour=DeliveryFigures.of(target.hour),
                    day=DeliveryFigures.of(target.day),
                )
                for target in found.targets
            ],
        )


class SourceView(View):
    """A Cockpit site that posts here."""

    name: str = Field(description="Its name.")
    has_tokens: bool = Field(description="Whether it needs a token.")
    allow_from: list[str] = Field(description="The addresses that it may post from; any if there are none.")
    rate_per_second: float | None = Field(description="POSTs per second that it may make, null for any number.")
    day: ReceivedCounts = Field(description="What came in in the last 24 hours.")
    last_event_at: Time | None = Field(description="When its last stored event was received.")


class SourceList(View):
    """A page of sources."""

    sources: list[SourceView] = Field(description="They, by name.")
    next: Next
