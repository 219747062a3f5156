"""The wall clock turned forward and back, while deliveries wait for their next attempt."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted, eventually, unproven
from chaos.receiver import Arrival, Receiver, receiving

SHIM = Path(__file__).parents[1] / "turned_clock.c"
PROMISE = "no avalanche, nothing late, nothing lost"
EVENTS = 100
MINUTE = 60
DAY = 86_400
EVERY_8_SECONDS = "{first: 8s, factor: 1, longest: 8s, attempts: 100}"
WAIT = 8.0 * 0.8
"""Seconds between two attempts, at the least: 8 s with the jitter that shortens them most."""


async def run(scope: Scope) -> list[Result]:
    """Turn the clock a day forward, and two back."""
    if shutil.which("cc") is None:
        return [unproven("clock", PROMISE, "needs a C compiler")]
    with scope.scratch() as scratch:
        library, turned = scratch / "turned_clock.so", scratch / "turned"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(SHIM), "-ldl"], check=True)
        turned.write_text("0")
        environment = {"LD_PRELOAD": str(library), "TURNED_BY": str(turned)}
        return [
            await _turn(scope, scratch / name, environment, turned, seconds)
            for name, seconds in (("forward", DAY), ("back", -DAY))
        ]


async def _turn(scope: Scope, scratch: Path, environment: dict[str, str], turned: Path, seconds: int) -> Result:
    direction = "forward" if seconds > 0 else "back"
    scope.tell(f"a day {direction}")
    scratch.mkdir()
    turned.write_text("0")
    async with receiving() as receiver:
        settings = "concurrency: 100, rate: 1000/s"
        sick = endpoint("sick", receiver.url("500"), settings, retries=EVERY_8_SECONDS, breaker="{failures: 1000}")
        async with started(Daemon(scratch, [sick], environment=environment)) as daemon:
            poster = Poster(daemon.port)
            await asyncio.gather(*(poster.post() for _ in range(EVENTS)))
            await eventually(lambda: _requests(receiver) >= len(poster.acknowledged), 60.0)
            turned.write_text(str(seconds))
            await asyncio.sleep(3.0)
            receiver.healed = True
            again = await eventually(lambda: _requests(receiver) >= 2 * len(poster.acknowledged), 60.0)
            seen = _latest(receiver) - time.time()
            lost = await all_accepted(poster.acknowledged, lambda: receiver.accepted("500"), 30.0)
            early = _early(receiver)
    return Result(
        f"clock {direction}",
        PROMISE,
        f"{len(poster.acknowledged)} waited for 8 s when the clock was turned by {seen / DAY:.2f} days: "
        f"{early} tried too early, "
        f"{'all' if again else 'not all'} when they were due; {len(lost)} lost",
        again and not lost and not early and abs(seen - seconds) < MINUTE,
    )


def _latest(receiver: Receiver) -> int:
    """Return the daemon's wall clock as of its last request: the clock has to be turned for the daemon as well."""
    return max((arrival for found in receiver.arrivals["500"].values() for arrival in found), key=_at).timestamp


def _early(receiver: Receiver) -> int:
    """Return how many attempts came sooner after the one before than they had to wait."""
    pairs = [pair for found in receiver.arrivals["500"].values() for pair in pairwise(sorted(found, key=_at))]
    return sum(later.at - earlier.at < WAIT for earlier, later in pairs)


def _at(arrival: Arrival) -> float:
    return arrival.at


def _requests(receiver: Receiver) -> int:
    return sum(len(found) for found in receiver.arrivals["500"].values())
