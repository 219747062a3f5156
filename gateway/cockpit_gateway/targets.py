"""Targets: where a plugin delivers to, and the rules by which the gateway delivers there."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PLAN_TARGET = "plan_deliveries"
"""Target of the deliveries by which a planner that failed or was late plans again."""

LONGEST_NAME = 200
"""Characters of a target's name: it stands in indexes, metrics and notices."""

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DEFAULT_DELAYS = (0.0, 5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds before each attempt (Standard Webhooks 1.0.0, "Deliverability and reliability"); 75 h 35 min 5 s in all."""

PATIENCE_WITH_ASKING = 0.1
"""Share of its age that a delivery waits at least, once its attempts are used up and its target asks for more."""


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How long to wait before each attempt.

    Attributes:
        delays: Seconds before attempt 1, 2, 3 …; the first is counted from acceptance.
        jitter: Each delay is multiplied by a random number between 1 - jitter and 1 + jitter.

    Example:
        >>> RetrySchedule((0.0, 5.0)).span
        5.0
    """

    delays: tuple[float, ...] = DEFAULT_DELAYS
    jitter: float = 0.2

    @classmethod
    def exponential(
        cls, *, first: float = 5.0, factor: float = 2.0, longest: float = 24 * HOUR, attempts: int = 10
    ) -> RetrySchedule:
        """Return a schedule that starts at once and then multiplies the delay.

        Args:
            first: Seconds before the second attempt.
            factor: Each further delay is this many times the one before.
            longest: No delay is longer, in seconds.
            attempts: Attempts in all, the first included.

        Example:
            >>> RetrySchedule.exponential(first=1, factor=3, longest=5, attempts=4).delays
            (0.0, 1.0, 3.0, 5.0)
        """
        delays = [0.0]
        delay = first
        for _ in range(attempts - 1):
            delays.append(float(min(delay, longest)))
            delay *= factor
        return cls(tuple(delays))

    @property
    def span(self) -> float:
        """Seconds from acceptance to the last attempt, jitter and held time aside."""
        return sum(self.delays)

    def next_delay(self, attempts: int, *, age: float, asked: float | None = None) -> float | None:
        """Return how long to wait before the next attempt.

        Delays that the target asks for are its own affair: they use up attempts, but not the time the schedule
        grants. A delivery is given up when both its attempts are used up and half of that time has passed; between
        the two, what is asked for is obeyed, but the pauses grow with the delivery's age.

        Args:
            attempts: Failed attempts so far.
            age: Seconds since the delivery was planned.
            asked: Seconds that the target or handler asked for.

        Returns:
            Seconds, or None to give up.

        Example:
            >>> RetrySchedule((0.0, 5.0), jitter=0.0).next_delay(1, age=0.1)
            5.0
        """
        used_up = attempts >= len(self.delays)
        if used_up and age >= self.span / 2:
            return None
        if asked is not None:
            return max(asked, age * PATIENCE_WITH_ASKING) if used_up else asked
        delay = self.delays[-1] if used_up else self.delays[attempts]
        return delay * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - not a secret


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many attempts per time, as a token bucket that holds one second's worth, at least one.

    Attributes:
        count: Attempts allowed.
        per: In so many seconds.
    """

    count: float
    per: float = 1.0

    def __post_init__(self) -> None:
        if self.count <= 0 or self.per <= 0:
            raise ValueError(f"a rate allows something in some time: {self.count:g} in {self.per:g} s is none")

    @property
    def per_second(self) -> float:
        """Attempts allowed per second."""
        return self.count / self.per


@dataclass(frozen=True, slots=True)
class Coalesce:
    """Merge a burst of deliveries of one key into one.

    Attributes:
        wait: Seconds without a newer delivery before the burst is over.
        max_wait: Seconds after the burst's first event at which it is delivered anyway.
        keep: Which event of the burst is delivered; "list" for all of them in one delivery.
    """

    wait: float
    max_wait: float
    keep: Literal["first", "last", "list"] = "last"


@dataclass(frozen=True, slots=True)
class Breaker:
    """When to leave a target alone that fails again and again, and for how long.

    After the pause one attempt probes the target. If it fails too, the next pause is twice as long.

    Attributes:
        failures: Failed attempts in a row, of whichever deliveries, after which the breaker opens.
        wait: Seconds of the first pause; longer if the target asked for more.
        longest: Seconds that no pause exceeds, unless the target asked for more.
    """

    failures: int = 10
    wait: float = 5.0
    longest: float = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class BacklogLimit:
    """How much may wait for a target; what is beyond it dies, the oldest first, and can be replayed.

    Attributes:
        age: Seconds that a delivery may wait.
        rows: Deliveries.
        size: Bytes of their events' bodies.
    """

    age: float = 7 * DAY
    rows: int = 1_000_000
    size: int = 1024**3


@dataclass(frozen=True, slots=True)
class Target:
    """One place a plugin delivers to, with the rules the gateway keeps for it.

    Attributes:
        name: Unique within the plugin, and its identity: rename it and its deliveries are held; at most 200 characters.
        timeout: Time budget of one attempt, seconds.
        concurrency: Attempts under way at once.
        schedule: The retry schedule.
        rate: The rate limit, None for no limit.
        ordered: True to keep the order of acceptance within a key.
        coalesce: How to merge bursts of one key, None to deliver each event.
        longest_retry_after: A delay that the target asks for is obeyed up to so many seconds.
        breaker: When to leave it alone, None for never.
        backlog: How much may wait for it.
        disable_after: Seconds of nothing but failures after which it is disabled; None for as long as its schedule
            lasts, at least a day.
        active: False to hold all of its deliveries.
        pauses_loops: True to pause it when its deliveries seem to cause the events that they are made of.
        wants_noise: Full or generic names of noise events that this target wants, so that ingest stores them.
        fingerprint: What, when it changes, clears "paused" and "disabled" (an endpoint's URL).
    """

    name: str
    timeout: float = 15.0
    concurrency: int = 10
    schedule: RetrySchedule = RetrySchedule()
    rate: Rate | None = None
    ordered: bool = False
    coalesce: Coalesce | None = None
    longest_retry_after: float = 24 * HOUR
    breaker: Breaker | None = None
    backlog: BacklogLimit = BacklogLimit()
    disable_after: float | None = None
    active: bool = True
    pauses_loops: bool = False
    wants_noise: frozenset[str] = frozenset()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= LONGEST_NAME or not self.name.isprintable():
            raise ValueError(
                f"a target's name has 1 to {LONGEST_NAME} printable characters: {self.name[:LONGEST_NAME]!r}"
            )
        if self.timeout <= 0 or self.concurrency < 1:
            raise ValueError(f"target {self.name!r} needs a timeout above 0 and a concurrency of at least 1")

    @property
    def patience(self) -> float:
        """Seconds of nothing but failures after which it is disabled."""
        return max(self.schedule.span, DAY) if self.disable_after is None else self.disable_after

    @property
    def longest_delay(self) -> float:
        """Seconds that a delivery can at most wait for its next attempt, if nothing holds it."""
        longest = max(self.schedule.delays) * (1 + self.schedule.jitter)
        burst = 0.0 if self.coalesce is None else self.coalesce.max_wait
        return max(longest, self.longest_retry_after, burst)


@dataclass(frozen=True, slots=True)
class Planned:
    """What `plan_deliveries` returns for each delivery it wants.

    Attributes:
        target: Name of a target that the plugin registered.
        key: The lane's key, a path: order and coalescing go by it. None uses the event's subject.
    """

    target: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What `explain_deliveries` returns for each target of the plugin.

    Attributes:
        target: Name of a target that the plugin registered.
        planned: True if the event goes there.
        reason: Why, or why not, in a line.
        setting: The setting that decided, None if there is none.
        values: What that setting saw of the event: texts that are short, by the names that it uses.

    Example:
        >>> Explained("search", planned=False, reason="`when` is false: entry.published", setting="when",
        ...           values={"entry.published": "false"}).planned
        False
    """

    target: str
    planned: bool
    reason: str
    setting: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])
