"""No file descriptors left, because of connections that do nothing."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted, eventually, lacking, unproven
from chaos.receiver import receiving

DESCRIPTORS = 64


async def run(scope: Scope) -> list[Result]:
    """Take all descriptors, and give them back."""
    promise = "takes events again when descriptors are free; idle meanwhile, nothing is lost"
    if reason := lacking("prlimit"):
        return [unproven("descriptors", promise, reason)]
    with scope.scratch() as scratch:
        async with receiving() as receiver:
            prefix = ["prlimit", f"--nofile={DESCRIPTORS}"]
            async with started(Daemon(scratch, [endpoint("ok", receiver.url("ok"))], prefix=prefix)) as daemon:
                poster = Poster(daemon.port)
                await poster.at_rate(50, 1.0)
                idle = [await asyncio.open_connection("127.0.0.1", daemon.port) for _ in range(2 * DESCRIPTORS)]
                before, began = _cpu(daemon.pid), time.monotonic()
                await poster.at_rate(10, 3.0)
                busy = (_cpu(daemon.pid) - before) / (time.monotonic() - began)
                refused = poster.answers[0]
                for _, writer in idle:
                    writer.close()
                recovered = await eventually_taken(poster)
                lost = await all_accepted(poster.acknowledged, lambda: receiver.accepted("ok"), 30.0)
    measured = (
        f"{refused} of 30 events not taken with {2 * DESCRIPTORS} idle connections and {DESCRIPTORS} descriptors, "
        f"{busy:.0%} of a processor; {'takes events again' if recovered else 'takes none'}; {len(lost)} lost"
    )
    return [Result("descriptors", promise, measured, refused > 0 and recovered and not lost and busy < 0.5)]


async def eventually_taken(poster: Poster) -> bool:
    """Post until an event is taken, or for a while."""
    taken: list[int] = []

    async def post() -> None:
        while 202 not in taken:
            taken.append(await poster.post())

    task = asyncio.create_task(post())
    recovered = await eventually(lambda: 202 in taken, 30.0)
    task.cancel()
    return recovered


def _cpu(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
