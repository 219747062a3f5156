"""The retry schedule, as it is written: a list of delays, or how they grow."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Field, Tag

from cockpit_gateway.config.annotations import WrittenAs
from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.quantities import Duration
from cockpit_gateway.targets import HOUR, RetrySchedule

MOST_ATTEMPTS = 100


class GrowingDelays(PluginConfig):
    """At once, and then with delays that grow exponentially."""

    first: Duration = Field(default=5.0, description="The delay before the second attempt.")
    factor: float = Field(
        default=2.0, ge=1, le=1000, description="Each further delay is this many times the one before."
    )
    longest: Duration = Field(default=24 * HOUR, description="No delay is longer.")
    attempts: int = Field(default=10, ge=1, le=MOST_ATTEMPTS, description="Attempts in all.")
    jitter: float = Field(
        default=0.2, ge=0, le=1, description="Each delay is longer or shorter by up to this part of it."
    )

    def schedule(self) -> RetrySchedule:
        """Return the schedule with its delays."""
        growing = RetrySchedule.exponential(
            first=self.first, factor=self.factor, longest=self.longest, attempts=self.attempts
        )
        return RetrySchedule(growing.delays, self.jitter)


_Delays: TypeAlias = Annotated[
    list[Duration], Field(min_length=1, max_length=MOST_ATTEMPTS, description="The delay before each attempt.")
]


def _form(value: object) -> str | None:
    match value:
        case list():
            return "delays"
        case dict() | GrowingDelays():
            return "growing"
        case _:
            return None


def _schedule(written: list[float] | GrowingDelays) -> RetrySchedule:
    return written.schedule() if isinstance(written, GrowingDelays) else RetrySchedule(tuple(written))


RetrySetting = Annotated[
    RetrySchedule,
    WrittenAs(
        Annotated[
            Annotated[_Delays, Tag("delays")] | Annotated[GrowingDelays, Tag("growing")],
            Discriminator(
                _form,
                custom_error_type="retry_form",
                custom_error_message="expected a list of delays, or a mapping of first, factor, longest, attempts "
                "and jitter",
            ),
        ],
        _schedule,
    ),
]
"""A retry schedule: a list of the delays before each attempt, or a mapping that says how they grow."""
