"""The overview: what comes in, what goes out, what waits and what fails, now and over the last hour and day."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cockpit_gateway.deliveries import Hold, Outcome, TargetId
from cockpit_gateway.store.activity import HOUR, MINUTE, Happening, Period, TargetCell, Times
from cockpit_gateway.store.port import Store
from cockpit_gateway.targets import Target

DAY = 24 * HOUR
_Counted: TypeAlias = tuple[Happening, int, int]
"""What happened, how long it took (a bucket), and how often."""


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A target as a person sees it.

    Attributes:
        target_id: Its name.
        state: "active", or why its deliveries are passed by: a `Hold`.
        reason: More about that.
        changed_at: Since when, seconds since the Unix epoch.
        pending: Deliveries that wait.
        oldest_at: Since when the longest waits, seconds since the Unix epoch.
        target: Its rules, None if the configuration does not name it any more.
    """

    target_id: TargetId
    state: Hold | Literal["active"]
    reason: str | None
    changed_at: float | None
    pending: int
    oldest_at: float | None
    target: Target | None


@dataclass(frozen=True, slots=True)
class Received:
    """POSTs that were let in, by what became of them.

    Attributes:
        stored: An event each.
        duplicate: Repeated ones.
        ignored: Noise that nobody names.
        refused: Such as must not be stored.
    """

    stored: int = 0
    duplicate: int = 0
    ignored: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened to deliveries in some time.

    Attributes:
        delivered: Deliveries that were delivered.
        dead: Deliveries that were given up.
        attempts: Attempts that ended, by outcome.
        latency: From acceptance of the event to delivered (its retries included), of each of `delivered`.
    """

    delivered: int = 0
    dead: int = 0
    attempts: Mapping[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    latency: Times = field(default_factory=Times)

    @property
    def success(self) -> float | None:
        """Share of the attempts that delivered, between 0.0 and 1.0; None without any."""
        made = sum(self.attempts.values())
        return self.attempts[Outcome.DELIVERED] / made if made else None

    @property
    def latency_p50(self) -> float | None:
        """Median seconds from acceptance to delivered, off by some per cent; None if nothing was delivered."""
        return self.latency.quantile(0.5)

    @property
    def latency_p95(self) -> float | None:
        """Seconds from acceptance to delivered that 95 % did not exceed; None if nothing was delivered."""
        return self.latency.quantile(0.95)


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a series.

    Attributes:
        at: When it began, seconds since the Unix epoch.
        received: What came in.
        figures: What happened to deliveries.
    """

    at: int
    received: Received
    figures: Figures


@dataclass(frozen=True, slots=True)
class Series:
    """What happened step by step, steps in which nothing did included.

    Attributes:
        step: Seconds of a step.
        moments: The steps, the oldest first; the last one is not over yet.
    """

    step: int
    moments: Sequence[Moment]

    @property
    def received(self) -> Received:
        """What came in, in all of it."""
        parts = [moment.received for moment in self.moments]
        return Received(*(sum(getattr(part, name) for part in parts) for name in Received.__slots__))


@dataclass(frozen=True, slots=True)
class TargetOverview:
    """A target at a glance.

    Attributes:
        report: Its state, and what waits.
        dead: Dead letters that are kept.
        hour: The last hour.
        day: The last 24 hours, the full hours of the clock.
    """

    report: TargetReport
    dead: int
    hour: Figures
    day: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at a glance.

    Attributes:
        at: When it was looked at, seconds since the Unix epoch.
        hour: The last hour, by the minute.
        day: The last 24 hours, by the hour.
        sources: What came in from each source in the last 24 hours; one from which nothing came is not there.
        targets: Every target that is configured or has a backlog.
        pending: Deliveries that wait.
        oldest_at: Since when the longest waits, seconds since the Unix epoch; None if none does.
        dead: Dead letters that are kept.
    """

    at: float
    hour: Series
    day: Series
    sources: Mapping[str, Received]
    targets: Sequence[TargetOverview]
    pending: int
    oldest_at: float | None
    dead: int


async def overview(store: Store, reports: Sequence[TargetReport], now: float) -> Overview:
    """Return everything at a glance.

    Args:
        store: What was counted.
        reports: The targets.
        now: Seconds since the Unix epoch.
    """
    day = Period.last(DAY, HOUR, now)
    dead = await store.dead_letters()
    hours = await _by_target(store, Period.last(HOUR, MINUTE, now)._replace(step=HOUR))
    days = await _by_target(store, day._replace(step=DAY))
    nothing = Figures()
    return Overview(
        at=now,
        hour=await series(store, Period.last(HOUR, MINUTE, now)),
        day=await series(store, day),
        sources=await _by_source(store, day),
        targets=[
            TargetOverview(
                report,
                dead.get(report.target_id, 0),
                hours.get(report.target_id, nothing),
                days.get(report.target_id, nothing),
            )
            for report in reports
        ],
        pending=sum(report.pending for report in reports),
        oldest_at=min((report.oldest_at for report in reports if report.oldest_at is not None), default=None),
        dead=sum(dead.values()),
    )


async def series(
    store: Store, period: Period, *, source: str | None = None, target_id: TargetId | None = None
) -> Series:
    """Return what happened step by step.

    Args:
        store: What was counted.
        period: When, and in which steps.
        source: Only what came in from this source.
        target_id: Only deliveries to this target.
    """
    received: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for posts, count in (await store.source_activity(period)).items():
        if source in (None, posts.source):
            received[posts.at][posts.fate] += count
    happened: dict[int, list[_Counted]] = defaultdict(list)
    cells = (
        await store.all_targets_activity(period)
        if target_id is None
        else await store.target_activity(period, target_id)
    )
    for cell, count in cells.items():
        happened[cell.at].append((cell.happening, cell.bucket, count))
    return Series(period.step, [Moment(at, Received(**received[at]), figures(happened[at])) for at in period.steps])


def figures(counted: Iterable[_Counted]) -> Figures:
    """Add up what happened."""
    by_what: dict[Happening, Times] = defaultdict(Times)
    for happening, bucket, count in counted:
        by_what[happening][bucket] += count
    attempts = {outcome: by_what[Happening.of_attempt(outcome)] for outcome in Outcome}
    return Figures(
        by_what[Happening.DELIVERED].total(),
        by_what[Happening.DEAD].total(),
        {outcome: times.total() for outcome, times in attempts.items()},
        by_what[Happening.DELIVERED],
    )


async def _by_target(store: Store, period: Period) -> Mapping[TargetId, Figures]:
    counts = await store.target_activity(period)
    return await asyncio.to_thread(_added_up, counts)  # of a thousand targets, this takes a while


def _added_up(counts: Mapping[TargetCell, int]) -> Mapping[TargetId, Figures]:
    counted: dict[TargetId, list[_Counted]] = defaultdict(list)
    for (target_id, _, happening, bucket), count in counts.items():
        counted[target_id].append((happening, bucket, count))
    return {target_id: figures(of_it) for target_id, of_it in counted.items()}


async def _by_source(store: Store, period: Period) -> Mapping[str, Received]:
    received: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cell, count in (await store.source_activity(period)).items():
        received[cell.source][cell.fate] += count
    return {source: Received(**fates) for source, fates in sorted(received.items())}
