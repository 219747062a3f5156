"""SIGSTOP under load, and SIGCONT a minute later."""

from __future__ import annotations

import asyncio
import signal

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import receiving


async def run(scope: Scope) -> list[Result]:
    """Stop the process, and let it go on."""
    seconds = 5.0 if scope.quick else 60.0
    with scope.scratch() as scratch:
        async with receiving() as receiver, started(Daemon(scratch, [endpoint("ok", receiver.url("ok"))])) as daemon:
            poster = Poster(daemon.port)
            async with poster.load(4):
                await asyncio.sleep(2.0)
                await daemon.send(signal.SIGSTOP)
                before = len(poster.acknowledged)
                scope.tell(f"stopped for {seconds:g} s")
                await asyncio.sleep(seconds)
                await daemon.send(signal.SIGCONT)
                await daemon.wait_until_ready()
                await asyncio.sleep(2.0)
            lost = await all_accepted(poster.acknowledged, lambda: receiver.accepted("ok"), 60.0)
    after = len(poster.acknowledged) - before
    return [
        Result(
            "stopped",
            f"goes on after {seconds:g} s, nothing is lost",
            f"{before} acknowledged before, {after} after; {len(lost)} lost",
            not lost and after > 0,
        )
    ]
