"""SIGKILL at random instants under load, with a receiver that answers well and one that misbehaves."""

from __future__ import annotations

import asyncio
import random
import signal

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_arrive
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
                begun = await _kill_again_and_again(scope, daemon, poster, receiver, kills, events)
                receiver.heal()
                scope.tell("waiting for what was acknowledged")
                lost = [await _lost(poster, receiver, path) for path in PATHS]
                await daemon.send(signal.SIGTERM)
                return _results(poster, receiver, lost, begun, kills, await daemon.wait())


async def _kill_again_and_again(
    scope: Scope, daemon: Daemon, poster: Poster, receiver: Receiver, kills: int, events: int
) -> int:
    """Return how many attempts had begun at the good receiver without a committed end."""
    chance = random.Random(0)
    begun = killed = 0
    async with poster.load(POSTERS):
        while killed < kills or len(poster.acknowledged) < events:
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            await daemon.send(signal.SIGKILL)
            killed += 1
            running = daemon.running_deliveries()
            begun += len(running & _seen(receiver))
            scope.tell(f"kill {killed}, {len(poster.acknowledged)} events acknowledged")
            await daemon.start()
        await asyncio.sleep(0.5)
    return begun


async def _lost(poster: Poster, receiver: Receiver, path: str) -> int:
    return len(await all_arrive(poster.acknowledged, lambda: receiver.arrived(path), PATIENCE))


def _seen(receiver: Receiver) -> set[str]:
    return {arrival.webhook_id for arrivals in receiver.arrivals["ok"].values() for arrival in arrivals}


def _results(
    poster: Poster, receiver: Receiver, lost: list[int], begun: int, kills: int, exit_code: int
) -> list[Result]:
    good = receiver.arrivals["ok"]
    duplicates = sum(len(arrivals) - 1 for arrivals in good.values())
    strangers = sum(1 for arrivals in good.values() if len({arrival.webhook_id for arrival in arrivals}) > 1)
    acknowledged = len(poster.acknowledged)
    return [
        Result(
            "kill",
            "every acknowledged event is delivered",
            f"{kills} kills, {acknowledged} acknowledged, lost: {lost[0]} (good receiver), {lost[1]} (misbehaving one)",
            not any(lost),
        ),
        Result(
            "kill",
            "repeated is only what had begun without a committed end",
            f"{duplicates} repeated, {begun} had begun",
            duplicates <= begun,
        ),
        Result("kill", "a repetition has the same webhook-id", f"{strangers} with another one", strangers == 0),
        Result("kill", "SIGTERM ends it in good order", f"exit code {exit_code}", exit_code == 0),
    ]
