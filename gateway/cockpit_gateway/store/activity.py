"""What happened, counted by the minute and by the hour: what goes into a store of it, and what comes out.

Everything is a count of something that happened in a stretch of time. What takes time is counted by its duration, in
buckets, so that counts of many processes and stretches can be added, and still tell a median.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cockpit_gateway.deliveries import Outcome, TargetId

MINUTE = 60
HOUR = 60 * MINUTE
KEPT = {MINUTE: 48 * HOUR, HOUR: 30 * 24 * HOUR}
"""Seconds for which counts are kept, by the seconds of one."""

PER_DOUBLING = 3
"""Buckets for twice the time: each is a quarter longer than the one before."""

SHORTEST = 0.0001
"""Seconds; what took less is counted with it."""


class Happening(StrEnum):
    """What is counted of a target, with the time it took."""

    DELIVERED = "delivered"
    """A delivery was delivered; since it was accepted."""
    DEAD = "dead"
    """A delivery was given up; since it was accepted."""
    ATTEMPT_DELIVERED = "attempt delivered"
    """An attempt ended; since it began. So the next two."""
    ATTEMPT_RETRY = "attempt retry"
    ATTEMPT_REJECTED = "attempt rejected"

    @classmethod
    def of_attempt(cls, outcome: Outcome) -> Happening:
        """Return as what an attempt is counted."""
        return _ATTEMPTS[outcome]


_ATTEMPTS = {outcome: Happening(f"attempt {outcome}") for outcome in Outcome}


class SourceCell(NamedTuple):
    """POSTs of one source that came to one end.

    Attributes:
        at: When the stretch began, whole seconds since the Unix epoch.
        source: The source's name.
        fate: What became of them: "stored", "duplicate", "ignored" or "refused".
    """

    at: int
    source: str
    fate: str


class TargetCell(NamedTuple):
    """What happened to deliveries of one target, and took about the same time.

    Attributes:
        target_id: The target.
        at: When the stretch began, whole seconds since the Unix epoch.
        happening: What happened.
        bucket: How long it took, as `bucket` numbers it.
    """

    target_id: TargetId
    at: int
    happening: Happening
    bucket: int


class Cell(NamedTuple):
    """What happened to deliveries of all targets together, and took about the same time; see `TargetCell`."""

    at: int
    happening: Happening
    bucket: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened, by what and when."""

    sources: Mapping[SourceCell, int] = field(default_factory=dict[SourceCell, int])
    targets: Mapping[TargetCell, int] = field(default_factory=dict[TargetCell, int])


class Period(NamedTuple):
    """A time, cut into steps of the same length.

    Attributes:
        since: Its begin, whole seconds since the Unix epoch; in whole minutes.
        until: Its end, which belongs to it no more.
        step: Seconds of a step, in whole minutes. What lies longer back than 48 hours is known by the hour.

    Example:
        >>> Period(7200, 7380, 60).steps
        range(7200, 7380, 60)
    """

    since: int
    until: int
    step: int

    @property
    def steps(self) -> range:
        """When each step begins."""
        return range(self.since, self.until, self.step)

    @property
    def span(self) -> int:
        """Seconds of the counts of which its steps are made."""
        return MINUTE if self.step % HOUR or self.since % HOUR else HOUR

    @classmethod
    def last(cls, seconds: int, step: int, now: float) -> Period:
        """Return the last seconds before a time, the step that this time falls in included.

        Example:
            >>> Period.last(3 * 60, 60, now=7325.5)
            Period(since=7200, until=7380, step=60)
        """
        until = math.floor(now / step + 1) * step
        return cls(until - seconds, until, step)


class Times(Counter[int]):
    """Durations, counted by their buckets."""

    def quantile(self, share: float) -> float | None:
        """Return the seconds that a share of the durations does not exceed, None if there are none.

        Within a bucket the durations are taken to be spread evenly: what is told is off by some per cent.

        Example:
            >>> times = Times()
            >>> times[bucket(0.1)] += 99
            >>> times[bucket(10)] += 1
            >>> round(times.quantile(0.5), 1), times.quantile(1.0) > 8
            (0.1, True)
        """
        wanted, counted = share * self.total(), 0
        for number, count in sorted(self.items()):
            if count and counted + count >= wanted:
                return math.exp2((number + (wanted - counted) / count) / PER_DOUBLING)
            counted += count
        return None


def bucket(seconds: float) -> int:
    """Return the number of the bucket that a duration belongs to.

    Example:
        >>> bucket(1.0), bucket(2.0), bucket(-1.0) == bucket(SHORTEST)
        (0, 3, True)
    """
    return math.floor(math.log2(max(seconds, SHORTEST)) * PER_DOUBLING)
