"""SIGKILL at random instants under load, with a receiver that answers well and one that misbehaves."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import Receiver, receiving

POSTERS = 8
PATIENCE = 120.0
PATHS = ("ok", "mixed")


async def run(scope: Scope) -> list[Result]:
    """Kill the daemon again and again, and count what arrived."""
    kills, events = (3, 500) if scope.quick else (20, 10_000)
    with scope.scratch() as scratch:
        async with receiving() as receiver:
            endpoints = [endpoint(path, receiver.url(path), "timeout: 2s, concurrency: 32") for path in PATHS]
            async with started(Daemon(scratch, endpoints)) as daemon:
                poster = Poster(daemon.port)
                running = await _kill_again_and_again(scope, daemon, poster, kills, events)
                receiver.heal()
                scope.tell("waiting for what was acknowledged")
                lost = [await _lost(poster, receiver, path) for path in PATHS]
                await daemon.send(signal.SIGTERM)
                return [
                    _delivered(poster, lost, len(running)),
                    _repeated(receiver, Counter(delivery for ids in running for delivery in ids)),
                    _same_id(receiver),
                    _ended(await daemon.wait()),
                ]


async def _kill_again_and_again(
    scope: Scope, daemon: Daemon, poster: Poster, kills: int, events: int
) -> list[set[str]]:
    """Return for each kill the deliveries whose attempt had begun, or was about to, without a committed end."""
    chance = random.Random(0)
    running: list[set[str]] = []
    async with poster.load(POSTERS):
        while len(running) < kills or len(poster.acknowledged) < events:
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            await daemon.send(signal.SIGKILL)
            running.append(daemon.running_deliveries())
            scope.tell(f"kill {len(running)}, {len(poster.acknowledged)} events acknowledged")
            await daemon.start()
        await asyncio.sleep(0.5)
    return running


async def _lost(poster: Poster, receiver: Receiver, path: str) -> int:
    return len(await all_accepted(poster.acknowledged, lambda: receiver.accepted(path), PATIENCE))


def _delivered(poster: Poster, lost: list[int], kills: int) -> Result:
    return Result(
        "kill",
        "every acknowledged event is delivered",
        f"{kills} kills, {len(poster.posted)} posted, {len(poster.acknowledged)} acknowledged; "
        f"lost: {lost[0]} (good receiver), {lost[1]} (misbehaving one)",
        not any(lost),
    )


def _repeated(receiver: Receiver, running: Counter[str]) -> Result:
    """Each delivery may have been repeated once for each kill that found it without a committed end."""
    arrived = Counter(arrival.webhook_id for found in receiver.arrivals["ok"].values() for arrival in found)
    repeated = arrived - Counter(set(arrived))
    beyond = (repeated - running).total()
    begun = (running & arrived).total()
    return Result(
        "kill",
        "repeated is only what had begun without a committed end",
        f"{repeated.total()} repeated at the good receiver, of {begun} without a committed end when killed; "
        f"{beyond} others",
        beyond == 0,
    )


def _same_id(receiver: Receiver) -> Result:
    strangers = sum(
        len({arrival.webhook_id for arrival in found}) > 1
        for path in PATHS
        for found in receiver.arrivals[path].values()
    )
    return Result("kill", "a repetition has the same webhook-id", f"{strangers} with another one", strangers == 0)


def _ended(exit_code: int) -> Result:
    return Result("kill", "SIGTERM ends it in good order", f"exit code {exit_code}", exit_code == 0)
