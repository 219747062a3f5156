"""A healthy endpoint beside a sick one, against the same endpoint alone."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

from chaos.certificates import Authority
from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import Receiver, receiving
from chaos.scenarios.faults import EXPECTED, host_of, sick

RATE = 100.0
LARGEST_RATIO = 1.5


async def run(scope: Scope) -> list[Result]:
    """Measure beside each behaviour."""
    behaviours = ["hang-before-headers", "refuses"] if scope.quick else [*EXPECTED, "mixed"]
    return [await _beside(scope, behaviour) for behaviour in behaviours]


async def _beside(scope: Scope, behaviour: str) -> Result:
    pairs, seconds = (1, 1.0) if scope.quick else (5, 2.0)
    alone: list[float] = []
    beside: list[float] = []
    for pair in range(pairs):
        scope.tell(f"{behaviour}, pair {pair + 1} of {pairs}")
        alone.append(await _p95(scope, None, seconds))
        beside.append(await _p95(scope, behaviour, seconds))
    ratios = [ours / theirs for ours, theirs in zip(beside, alone, strict=True)]
    ratio = statistics.median(ratios)
    return Result(
        f"neighbour: {behaviour}",
        f"p95 of a healthy endpoint beside it ≤ {LARGEST_RATIO} × alone",
        f"{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f}); {statistics.median(beside) * 1000:.1f} ms beside it, "
        f"{statistics.median(alone) * 1000:.1f} ms alone",
        math.isfinite(max(alone)) and ratio <= LARGEST_RATIO,
    )


async def _p95(scope: Scope, behaviour: str | None, seconds: float) -> float:
    """Return the 95th percentile of the seconds from the POST to the arrival at the healthy endpoint."""
    with scope.scratch() as scratch:
        async with receiving() as healthy:
            if behaviour is None:
                return await _measured(scratch, Authority(scratch), [], healthy, seconds)
            authority = Authority(scratch)
            async with sick(behaviour, authority) as receiver:
                further = [endpoint("sick", receiver.url(behaviour, host_of(behaviour)), "timeout: 5s")]
                return await _measured(scratch, authority, further, healthy, seconds)


async def _measured(
    scratch: Path, authority: Authority, further: list[str], healthy: Receiver, seconds: float
) -> float:
    endpoints = [endpoint("healthy", healthy.url("ok")), *further]
    async with started(Daemon(scratch, endpoints, environment=authority.environment)) as daemon:
        poster = Poster(daemon.port)
        await poster.at_rate(RATE, 0.5)
        warm = set(poster.posted)
        await poster.at_rate(RATE, seconds)
        await all_accepted(poster.acknowledged, lambda: healthy.accepted("ok"), 30.0)
    arrivals = healthy.arrivals["ok"]
    times = sorted(
        arrivals[number][0].at - posted if arrivals[number] else math.inf
        for number, posted in poster.posted.items()
        if number not in warm
    )
    return times[int(len(times) * 0.95)]
