"""Three gateways on one database are upgraded under load, twice: old and new programs share it meanwhile."""

from __future__ import annotations

import asyncio
import json
import shutil
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
    """Upgrade node by node, with an old one in between, and again to what the old one cannot use."""
    pause = 1.0 if scope.quick else PAUSE
    with scope.scratch() as scratch:
        async with receiving() as receiver, _cluster(scratch, receiver, pause) as cluster:
            poster = Poster(*(daemon.port for daemon in cluster.daemons))
            enough = asyncio.Event()
            load = asyncio.create_task(_post(poster, enough))
            try:
                await asyncio.sleep(pause)
                results = [await _expand(scope, cluster), *await _contract(scope, cluster)]
            finally:
                enough.set()
                await load
            lost = {path: await _missing(receiver, path, poster.acknowledged) for path in PATHS}
            return [_answered(poster), _delivered(receiver, lost), *results]


async def _missing(receiver: Receiver, path: str, acknowledged: set[int]) -> set[int]:
    return await all_accepted(acknowledged, lambda: receiver.accepted(path), 60.0)


async def _post(poster: Poster, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await poster.at_rate(RATE, 1.0)


@asynccontextmanager
async def _cluster(scratch: Path, receiver: Receiver, pause: float) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        cluster = Cluster(scratch, stack.enter_context(LocalServer.temporary()), receiver, pause)
        await asyncio.gather(*(stack.enter_async_context(started(daemon)) for daemon in cluster.daemons))
        yield cluster


async def _expand(scope: Scope, cluster: Cluster) -> Result:
    one, two, three = cluster.daemons
    scope.tell("two of three are upgraded at the same time")
    await cluster.upgrade(cluster.expanded, one, two)
    scope.tell("the third comes back as it was")
    await cluster.upgrade(INSTALLED, three)
    found = {(node["name"], node["version"]) for node in await _nodes(three)}
    return Result(
        "upgrade",
        "old and new programs share the database, and `nodes` shows both",
        ", ".join(f"{name}: {version}" for name, version in sorted(found)),
        found == {("one", "8.0.0"), ("two", "8.0.0"), ("three", cockpit_gateway.__version__)},
    )


async def _contract(scope: Scope, cluster: Cluster) -> list[Result]:
    """Upgrade to a program that the old one does not get along with: while that runs, and when it has been upgraded."""
    one, two, three = cluster.daemons
    scope.tell("a program comes that the third does not get along with")
    newer = await _refusal(cluster, cluster.contracted, one)
    await cluster.upgrade(cluster.expanded, three)
    await cluster.upgrade(cluster.contracted, one)
    scope.tell("the third would go back to where it was")
    older = await _refusal(cluster, INSTALLED, three)
    if not scope.quick:
        await cluster.upgrade(cluster.contracted, two, three)
    return [
        Result(
            "upgrade",
            "who would take away what an older node needs is refused, and its predecessor goes on",
            newer,
            "too old for what this cockpit-gateway makes of the database: three; " in newer,
        ),
        Result(
            "upgrade",
            "a program that is too old for the tables is refused, and its predecessor goes on",
            older,
            older.endswith("upgrade the program"),
        ),
    ]


async def _refusal(cluster: Cluster, program: Path, daemon: Daemon) -> str:
    """Return why a daemon cannot hand over to a program."""
    try:
        await cluster.upgrade(program, daemon)
    except RuntimeError as error:
        return str(error).strip()
    return "it was not refused"


async def _nodes(daemon: Daemon) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = json.loads(await daemon.command("nodes", "--json"))["nodes"]
    return found


def _migrations(program: Path) -> Path:
    return program / "store" / "postgres" / "migrations"


def _answered(poster: Poster) -> Result:
    return Result(
        "upgrade",
        "each event is answered with 202 within a second",
        f"{RATE:g} events/s: {len(poster.posted)} posted, {len(poster.acknowledged)} acknowledged, {poster.answers[0]} "
        f"unanswered; slowest answer {max(poster.times) * 1000:.0f} ms",
        len(poster.posted) == len(poster.acknowledged) > 0,
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
