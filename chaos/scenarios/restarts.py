"""Restarts under load: by handing the listening socket over, and by a systemd that keeps it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.fill import fill

import cockpit_gateway
from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted
from chaos.receiver import Receiver, receiving

RATE = 200.0
"""Events per second, each by a connection of its own."""

AS_SYSTEMD = """
import os, sys
descriptor, *command = sys.argv[1:]
os.dup2(int(descriptor), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(command[0], command)
"""
"""Runs a command with a listening socket, as systemd does."""

MIGRATION = """
ALTER TABLE deliveries ADD COLUMN upgraded TEXT;
UPDATE deliveries SET upgraded = state;
CREATE INDEX deliveries_upgraded ON deliveries (upgraded, seq);
"""
"""What a later version brings: a change of every row, and an index over them."""

PAUSE = 2.0
"""Seconds between two restarts."""

PATIENCE = 60.0
"""Seconds after the load in which everything has to arrive."""


async def run(scope: Scope) -> list[Result]:
    """Restart both ways, and upgrade."""
    restarts = 2 if scope.quick else 20
    kept = 1_000 if scope.quick else 100_000
    return [
        await _handed_over(scope, restarts),
        await _activated(scope, restarts),
        await _upgraded(scope, kept),
    ]


async def _handed_over(scope: Scope, restarts: int) -> Result:
    with scope.scratch() as scratch:
        async with receiving() as receiver, started(Daemon(scratch, [endpoint("ok", receiver.url("ok"))])) as daemon:
            poster = Poster(daemon.port)
            lost = await _through(scope, poster, receiver, restarts, daemon.hand_over)
    unanswered = poster.answers[0]
    return Result(
        "restarts, handed over",
        "each event is answered within a second, and none is lost",
        f"{restarts} restarts at {RATE:g} events/s: {len(poster.posted)} posted, {len(poster.acknowledged)} "
        f"acknowledged, {unanswered} unanswered; slowest answer {max(poster.times) * 1000:.0f} ms; {len(lost)} lost",
        not lost and len(poster.acknowledged) == len(poster.posted),
    )


async def _activated(scope: Scope, restarts: int) -> Result:
    """The socket is kept as systemd keeps it; an event that is not answered in time still waits in it."""
    with scope.scratch() as scratch, socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        async with receiving() as receiver:
            daemon = Daemon(
                scratch,
                [endpoint("ok", receiver.url("ok"))],
                prefix=[sys.executable, "-c", AS_SYSTEMD, str(listening.fileno())],
                inherited=[listening.fileno()],
            )
            daemon.port = listening.getsockname()[1]

            async def restart() -> None:
                await daemon.send(signal.SIGTERM)
                await daemon.start()

            async with started(daemon):
                poster = Poster(daemon.port)
                lost = await _through(scope, poster, receiver, restarts, restart)
                missing = await all_accepted(poster.posted, lambda: receiver.accepted("ok"), PATIENCE)
    late = len(poster.posted) - len(poster.acknowledged)
    return Result(
        "restarts, socket activation",
        "no connection is refused, nothing that was posted is lost",
        f"{restarts} restarts at {RATE:g} events/s: {len(poster.posted)} posted, {late} not answered within a second, "
        f"{len(missing)} of all that were posted did not arrive; {len(lost)} lost",
        not lost and not missing,
    )


async def _upgraded(scope: Scope, kept: int) -> Result:
    """Hand over to a version of the program that has one migration more; connections wait while it migrates."""
    with scope.scratch() as scratch:
        program = shutil.copytree(Path(cockpit_gateway.__file__).parent, scratch / "program" / "cockpit_gateway")
        scope.tell(f"storing {kept:,} events")
        store = scratch / "gateway.db"
        await asyncio.to_thread(fill, store, kept=kept, pending=0, target="ok", due_in=0)
        async with receiving() as receiver:
            daemon = Daemon(
                scratch, [endpoint("ok", receiver.url("ok"))], environment={"PYTHONPATH": str(program.parent)}
            )

            async def upgrade() -> None:
                migrations = program / "store" / "sqlite" / "migrations"
                newest = max(int(path.name[:4]) for path in migrations.glob("*.sql"))
                (migrations / f"{newest + 1:04}_upgraded.sql").write_text(MIGRATION)
                await daemon.hand_over()

            async with started(daemon):
                poster = Poster(daemon.port)
                lost = await _through(scope, poster, receiver, 1, upgrade)
                missing = await all_accepted(poster.posted, lambda: receiver.accepted("ok"), PATIENCE)
    late = len(poster.posted) - len(poster.acknowledged)
    return Result(
        "restarts, upgrade with a migration",
        "no connection is refused, nothing that was posted is lost",
        f"{kept:,} events stored, every delivery changed, {RATE:g} events/s: {len(poster.posted)} posted, {late} not "
        f"answered within a second, slowest answer {max(poster.times) * 1000:.0f} ms, {len(missing)} of all that were "
        f"posted did not arrive; {len(lost)} lost",
        not lost and not missing,
    )


async def _through(
    scope: Scope, poster: Poster, receiver: Receiver, restarts: int, restart: Callable[[], Awaitable[None]]
) -> set[int]:
    """Restart again and again under load; return what was acknowledged and did not arrive."""
    seconds = PAUSE * restarts + 2.0
    load = asyncio.create_task(poster.at_rate(RATE, seconds))
    began = asyncio.get_running_loop().time()
    for number in range(restarts):
        await asyncio.sleep(max(0.0, began + 1.0 + PAUSE * number - asyncio.get_running_loop().time()))
        scope.tell(f"restart {number + 1} of {restarts}")
        await restart()
    await load
    return set(await all_accepted(poster.acknowledged, lambda: receiver.accepted("ok"), PATIENCE))
