"""Three gateways on one database are upgraded under load, twice: old and new programs share it meanwhile."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.postgresql import LocalServer

import cockpit_gateway
from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import Receiver, receiving

RATE = 30.0
"""Events per second, at all three together."""

PAUSE = 5.0
"""Seconds between two steps: a node has heartbeats in it, and prepares statements of every kind."""

PATHS = {"ok": "concurrency: 8", "ordered": "ordered: true, key: endpoint"}

INSTALLED = Path(cockpit_gateway.__file__).parent

EXPANDED = """
ALTER TABLE deliveries ADD COLUMN upgraded text NOT NULL DEFAULT 'no', ALTER attempts TYPE bigint;
ALTER TABLE targets ALTER number TYPE bigint;
CREATE TABLE upgrades (at timestamptz NOT NULL);
"""
"""What the next version brings: more than a migration should, since the types of what older programs have prepared
statements for become others, and PostgreSQL refuses those statements."""

CONTRACTED = "ALTER TABLE deliveries DROP COLUMN upgraded;"
"""What the version after it takes away."""


class Cluster:
    """Three daemons on one database, each with a program that can be replaced by another.

    Args:
        scratch: Where they are.
        server: The database.
        receiver: Where they deliver to.
        pause: Seconds between two steps.
    """

    def __init__(self, scratch: Path, server: LocalServer, receiver: Receiver, pause: float) -> None:
        self.pause = pause
        self._scratch = scratch
        self._server = server
        self._endpoints = [endpoint(path, receiver.url(path), settings) for path, settings in PATHS.items()]
        newest = max(int(path.name[:4]) for path in _migrations(INSTALLED).glob("*.sql"))
        self.expanded = self._version("8.0.0", INSTALLED, f"-- oldest: {newest}{EXPANDED}")
        self.contracted = self._version("9.0.0", self.expanded, f"-- oldest: {newest + 1}\n{CONTRACTED}")
        self.daemons = [self.daemon(name) for name in ("one", "two", "three")]

    def daemon(self, name: str) -> Daemon:
        """Return one more, which runs the installed program."""
        directory = self._scratch / name
        (directory / "program").mkdir(parents=True)
        environment = {"PYTHONPATH": str(directory / "program")}
        daemon = Daemon(directory, self._endpoints, store=self._server.url, environment=environment)
        self.install(INSTALLED, daemon)
        return daemon

    def install(self, program: Path, *daemons: Daemon) -> None:
        """Have daemons run another program from their next start on."""
        for daemon in daemons:
            link = self._scratch / daemon.name / "program" / "cockpit_gateway"
            link.unlink(missing_ok=True)
            link.symlink_to(program)

    async def upgrade(self, program: Path, *daemons: Daemon) -> None:
        """Install another program for daemons, and have them hand over to it at the same time."""
        self.install(program, *daemons)
        await asyncio.gather(*(daemon.hand_over() for daemon in daemons))
        await asyncio.sleep(self.pause)

    def _version(self, version: str, before: Path, migration: str) -> Path:
        """Make a program that has one migration more than the one before."""
        program = shutil.copytree(before, self._scratch / version / "cockpit_gateway")
        file = program / "__init__.py"
        file.write_text(file.read_text() + f'\n__version__ = "{version}"\n')
        newest = max(int(path.name[:4]) for path in _migrations(program).glob("*.sql"))
        (_migrations(program) / f"{newest + 1:04}_later.sql").write_text(migration)
        return program


async def run(scope: Scope) -> list[Result]:
    """Upgrade node by node, let an old one come back, and upgrade again to what the old one cannot use."""
    with scope.scratch() as scratch:
        pause = 1.0 if scope.quick else PAUSE
        async with receiving() as receiver, _cluster(scratch, receiver, pause) as cluster:
            poster = Poster(*(daemon.port for daemon in cluster.daemons))
            enough = asyncio.Event()
            load = asyncio.create_task(_post(poster, enough))
            try:
                await asyncio.sleep(pause)
                side_by_side = await _expand(scope, cluster)
                latecomer = cluster.daemon("four")
                comeback = Poster(latecomer.port, first=10**6)
                scope.tell("an old program comes back to the newer schema")
                async with started(latecomer):
                    await comeback.at_rate(RATE / 3, pause)
                    refusals = await _contract(scope, cluster, latecomer)
            finally:
                enough.set()
                await load
            acknowledged = poster.acknowledged | comeback.acknowledged
            lost = {path: await _missing(receiver, path, acknowledged) for path in PATHS}
            return [_answered(poster, comeback), _delivered(receiver, lost), side_by_side, *refusals]


async def _missing(receiver: Receiver, path: str, acknowledged: set[int]) -> set[int]:
    return await all_accepted(acknowledged, lambda: receiver.accepted(path), 60.0)


async def _post(poster: Poster, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await poster.at_rate(RATE, 1.0)


@asynccontextmanager
async def _cluster(scratch: Path, receiver: Receiver, pause: float) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        cluster = Cluster(scratch, stack.enter_context(LocalServer.temporary()), receiver, pause)
        for daemon in cluster.daemons:
            await stack.enter_async_context(started(daemon))
        yield cluster


async def _expand(scope: Scope, cluster: Cluster) -> Result:
    one, two, three = cluster.daemons
    scope.tell("two of three are upgraded at the same time")
    await cluster.upgrade(cluster.expanded, one, two)
    found = {(node["name"], node["version"]) for node in await _nodes(three)}
    scope.tell("the third is upgraded")
    await cluster.upgrade(cluster.expanded, three)
    versions = {"one": "8.0.0", "two": "8.0.0", "three": cockpit_gateway.__version__}
    return Result(
        "upgrade",
        "old and new programs share the database, and `nodes` shows both",
        ", ".join(f"{name}: {version}" for name, version in sorted(found)),
        found == set(versions.items()),
    )


async def _contract(scope: Scope, cluster: Cluster, old: Daemon) -> list[Result]:
    """Upgrade to a program with which the old one does not get along: while that runs, and once it has ended."""
    one, two, three = cluster.daemons
    scope.tell("a program comes that the old one does not get along with")
    told = ""
    try:
        await cluster.upgrade(cluster.contracted, one)
    except RuntimeError as error:
        told = str(error)
    await old.send(signal.SIGTERM)
    await cluster.upgrade(cluster.contracted, one)
    scope.tell("the old one comes back once more")
    await old.start(ready=False)
    code = await old.wait()
    if not scope.quick:
        await cluster.upgrade(cluster.contracted, two, three)
    return [
        Result(
            "upgrade",
            "who would take away what an older node needs is refused, and its predecessor goes on",
            told.strip() or "it was not refused",
            "too old for what this cockpit-gateway makes of the database: four; " in told,
        ),
        Result(
            "upgrade",
            "a program that is too old for the tables says so, and stops",
            f"exit code {code}",
            code != 0 and "upgrade the program" in old.log,
        ),
    ]


async def _nodes(daemon: Daemon) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = json.loads(await daemon.command("nodes", "--json"))["nodes"]
    return found


def _migrations(program: Path) -> Path:
    return program / "store" / "postgres" / "migrations"


def _answered(*posters: Poster) -> Result:
    posted = sum(len(poster.posted) for poster in posters)
    acknowledged = sum(len(poster.acknowledged) for poster in posters)
    slowest = max(max(poster.times) for poster in posters)
    answers = sum((poster.answers for poster in posters), Counter[int]())
    return Result(
        "upgrade",
        "each event is answered with 202 within a second",
        f"{RATE:g} events/s: {posted} posted, {acknowledged} acknowledged, {answers[0]} unanswered; slowest answer "
        f"{slowest * 1000:.0f} ms",
        posted == acknowledged > 0,
    )


def _delivered(receiver: Receiver, lost: Mapping[str, set[int]]) -> Result:
    accepted = Counter(
        arrival.webhook_id for path in PATHS for found in receiver.arrivals[path].values() for arrival in found
    )
    twice = sum(count - 1 for count in accepted.values())
    missing = sum(map(len, lost.values()))
    return Result(
        "upgrade",
        "every acknowledged event is delivered to each endpoint, once",
        f"{len(accepted)} deliveries; {missing} lost, {twice} came twice",
        not missing and not twice and bool(accepted),
    )
