"""Three gateways on one database, while one is killed, one stopped, one cut off, and the database restarted."""

from __future__ import annotations

import asyncio
import random
import signal
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import asyncpg
from bench.postgresql import LocalServer

from chaos.daemon import Daemon, endpoint, started
from chaos.database import Line
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import Receiver, numbers_in, receiving

LEASE = 10.0
"""Seconds that a node's lease lives; see `delivery/lease.py`."""

PAST_IT = LEASE + 4.0
"""Seconds in which others have taken over."""

LIMIT, RATE = 2, 40
"""Requests at once at the endpoint that is limited, and a second at the one that has a rate."""

BURST = 5.0
"""Seconds over which the rate is counted; a bucket adds one second's worth."""

PATHS = {
    "ok": "concurrency: 8, timeout: 2s",
    "ok-2": "concurrency: 8, timeout: 2s",
    "ordered": "ordered: true, key: endpoint, timeout: 2s",
    "unhurried": f"concurrency: {LIMIT}, timeout: 2s",
    "paced": f"rate: {RATE}/s, timeout: 2s",
}
RATE_OF_EVENTS = 12.0
"""A second, at all three together: what they can do while one of them has all of it to do, on a busy machine."""

PATIENCE = 180.0


class Cluster:
    """Three daemons on one database; the third one's way to it can be cut."""

    def __init__(self, server: LocalServer, line: Line, daemons: Sequence[Daemon]) -> None:
        self.server = server
        self.line = line
        self.daemons = daemons

    async def fetch(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        """Ask the database."""
        connection = await asyncpg.connect(self.server.url)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def running_of(self, daemon: Daemon) -> int:
        """Return how many deliveries a daemon has leased."""
        (row,) = await self.fetch(
            "SELECT count(*) FROM deliveries AS d JOIN owners AS o ON o.owner = d.owner "
            "WHERE d.state = 'running' AND o.facts ->> 'name' = $1",
            daemon.name,
        )
        return int(row[0])

    async def seqs(self) -> Mapping[int, int]:
        """Return in which order the events were accepted, by their numbers.

        Those aside that a planner planned again later, because a busy machine had held it up: they come out of turn.
        """
        rows = await self.fetch(
            "SELECT seq, body FROM bodies AS b WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d "
            "JOIN targets AS t ON t.number = d.target WHERE d.seq = b.seq AND t.target = 'plan_deliveries')"
        )
        return {number: row["seq"] for row in rows for number in numbers_in(row["body"])}


async def run(scope: Scope) -> list[Result]:
    """Make every fault, one after the other, or all that can be at once."""
    with scope.scratch() as scratch:
        async with receiving() as receiver, _cluster(scratch, receiver) as cluster:
            poster = Poster(*(daemon.port for daemon in cluster.daemons))
            load = asyncio.create_task(poster.at_rate(RATE_OF_EVENTS, 3600.0))
            try:
                await asyncio.sleep(2.0)
                killed = await (_faults_at_once if scope.quick else _faults)(scope, cluster)
                await asyncio.sleep(2.0)
            finally:
                load.cancel()
                await asyncio.gather(load, return_exceptions=True)
            scope.tell("waiting for what was acknowledged")
            lost = {path: await _missing(receiver, path, poster) for path in PATHS}
            disowned = sum([await daemon.metric("disowned_attempts_total") for daemon in cluster.daemons])
            may_repeat = killed + int(disowned)
            return [
                _delivered(poster, lost),
                _repeated(receiver, killed, int(disowned)),
                _in_order(receiver, await cluster.seqs(), may_repeat),
                _limited(receiver, may_repeat),
                _paced(receiver, may_repeat),
            ]


async def _missing(receiver: Receiver, path: str, poster: Poster) -> set[int]:
    return await all_accepted(poster.acknowledged, lambda: receiver.accepted(path), PATIENCE)


@asynccontextmanager
async def _cluster(scratch: Path, receiver: Receiver) -> AsyncIterator[Cluster]:
    endpoints = [endpoint(path, receiver.url(path), settings) for path, settings in PATHS.items()]
    async with AsyncExitStack() as stack:
        server = stack.enter_context(LocalServer.temporary())
        line = Line(server, scratch / "line")
        await stack.enter_async_context(line.open())
        daemons: list[Daemon] = []
        for name, url in (("one", server.url), ("two", server.url), ("three", line.url)):
            directory = scratch / name
            directory.mkdir()
            daemons.append(await stack.enter_async_context(started(Daemon(directory, endpoints, store=url))))
        yield Cluster(server, line, daemons)


async def _faults(scope: Scope, cluster: Cluster) -> int:
    """Make the faults in turn; return how many deliveries a killed node had leased."""
    killed = 0
    for victim, other in _pairs(cluster):
        scope.tell(f"{victim.name} is killed, {other.name} is stopped past its lease")
        killed += await _kill(cluster, victim)
        await asyncio.sleep(PAST_IT)
        await victim.start()
        await _stand_still(other)
        scope.tell("the database is restarted")
        await _restart(cluster.server)
        await asyncio.sleep(5.0)
        scope.tell("three is cut off from the database")
        await _cut_off(cluster.line)
        await asyncio.sleep(5.0)
    return killed


async def _faults_at_once(scope: Scope, cluster: Cluster) -> int:
    """Kill one, stop another and cut the third off for a moment, restart the database; see `_faults`."""
    one, two, _ = cluster.daemons
    scope.tell("one is killed, two is stopped past its lease")
    killed = await _kill(cluster, one)
    await asyncio.gather(_stand_still(two), _cut_off(cluster.line, seconds=3.0))
    await asyncio.gather(one.start(), _restart(cluster.server))
    return killed


def _pairs(cluster: Cluster) -> list[tuple[Daemon, Daemon]]:
    chance = random.Random(0)
    pairs = []
    for _ in range(5):
        victim, other = chance.sample(cluster.daemons, 2)
        pairs.append((victim, other))
    return pairs


async def _kill(cluster: Cluster, victim: Daemon) -> int:
    await victim.send(signal.SIGKILL)
    return await cluster.running_of(victim)


async def _stand_still(daemon: Daemon) -> None:
    await daemon.send(signal.SIGSTOP)
    await asyncio.sleep(PAST_IT)
    await daemon.send(signal.SIGCONT)
    await daemon.wait_until_ready()


async def _cut_off(line: Line, seconds: float = PAST_IT) -> None:
    line.cut()
    await asyncio.sleep(seconds)
    line.mend()


async def _restart(server: LocalServer) -> None:
    await asyncio.to_thread(server.stop, "fast")
    await asyncio.to_thread(server.start)


def _delivered(poster: Poster, lost: Mapping[str, set[int]]) -> Result:
    missing = sum(map(len, lost.values()))
    return Result(
        "cluster",
        "every acknowledged event is delivered to each endpoint",
        f"{len(poster.posted)} posted, {len(poster.acknowledged)} acknowledged, {len(lost)} endpoints; {missing} lost",
        not missing and bool(poster.acknowledged),
    )


def _repeated(receiver: Receiver, killed: int, disowned: int) -> Result:
    """What came again although it was accepted can only be what ran when a lease was lost."""
    accepted = Counter(
        arrival.webhook_id
        for path in PATHS
        for found in receiver.arrivals[path].values()
        for arrival in found
        if arrival.accepted
    )
    repeated = sum(count - 1 for count in accepted.values())
    return Result(
        "cluster",
        "accepted twice is only what was under way when a lease was lost",
        f"{repeated} twice; {killed} leased by killed nodes, {disowned} attempts disowned",
        repeated <= killed + disowned,
    )


def _in_order(receiver: Receiver, seqs: Mapping[int, int], may_repeat: int) -> Result:
    arrived = receiver.arrivals["ordered"].items()
    firsts = sorted((found[0].at, seqs[number]) for number, found in arrived if number in seqs)
    late = sum(seq < before for (_, before), (_, seq) in pairwise(firsts))
    return Result(
        "cluster",
        "the order of a lane is kept",
        f"{len(firsts)} in one lane, {late} after a later one",
        late <= may_repeat,
    )


def _limited(receiver: Receiver, may_repeat: int) -> Result:
    most = receiver.most["unhurried"]
    return Result(
        "cluster",
        f"at most {LIMIT} at once, those aside that ran when a lease was lost",
        f"{most} at once at most",
        most <= LIMIT + may_repeat,
    )


def _paced(receiver: Receiver, may_repeat: int) -> Result:
    times = sorted(arrival.at for found in receiver.arrivals["paced"].values() for arrival in found)
    most = max((place + 1 - bisect_left(times, at - BURST) for place, at in enumerate(times)), default=0)
    allowed = int(RATE * (BURST + 1)) + 1
    return Result(
        "cluster",
        f"at most {RATE} a second, and one second's worth more",
        f"{most} in {BURST:g} s, {allowed} are allowed",
        most <= allowed + may_repeat,
    )
