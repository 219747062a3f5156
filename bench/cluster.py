"""Several gateways on one PostgreSQL, one on SQLite, and Celery with Redis: the same events to eight endpoints."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.limits import can_limit, limited
from bench.postgresql import LocalServer
from bench.processes import Measured, endpoint, free_port, gateway, load_all, running
from bench.rows import CONNECTIONS, percentile

ENDPOINTS = 8
SETTLING = 4.0
"""Seconds in which nodes that have just come share out the endpoints."""

SHARE = 0.2
"""Of a processor that each gateway gets, where it is limited: four of them, their database and the load do with two."""

OPEN_RATE = 50
"""Events per second of the open loop: what all sides can do."""


@dataclass(frozen=True)
class Figures:
    """What one side did.

    Attributes:
        name: Of the side.
        rate: Events accepted, and delivered to each endpoint, per second, as fast as it goes.
        cpu: Processor seconds per event of its processes.
        database: The same of the database or the broker.
        load: The same of the load and the receiver, one process.
        times: Seconds to the answer and to the arrival, at 50 events per second.
    """

    name: str
    rate: float
    cpu: float
    database: float
    load: float
    times: Mapping[str, float]

    @property
    def busy(self) -> float:
        """How many processors all of it together kept busy."""
        return self.rate * (self.cpu + self.database + self.load)


class Side(ExitStack):
    """What is measured: the processes that take events in and deliver, and what they share."""

    processes: Sequence[Measured] = ()
    database: int | None = None
    name = ""


def measure(events: int, directory: Path, done: Callable[[], None], counts: Sequence[int]) -> list[Figures]:
    """Measure every side once, one after the other."""
    sides: list[Callable[[Side, Path], None]] = [_sqlite, *(partial(_postgres, count) for count in counts), _celery]
    if can_limit():
        sides += [partial(_limited, count) for count in counts]
    found: list[Figures] = []
    for start in sides:
        with tempfile.TemporaryDirectory(dir=directory) as scratch, Side() as side:
            start(side, Path(scratch))
            found.append(_figures(side, events))
            done()
    return found


def _figures(side: Side, events: int) -> Figures:
    def run(kind: str, count: int, intensity: int) -> dict[str, list[float]]:
        return load_all(side.processes, kind, count, intensity, count * ENDPOINTS, pinned=False)

    run("closed", events // 5, CONNECTIONS)
    used = [_cpu(side), _tree(side.database), _ended()]
    printed = run("closed", events, CONNECTIONS)
    ours, theirs, load = (
        (now - then) / events for now, then in zip([_cpu(side), _tree(side.database), _ended()], used, strict=True)
    )
    calm = run("open", max(100, events // 4), OPEN_RATE)
    times = {
        f"{name} {label}": percentile(calm[name], share)
        for name in ("ack", "arrival")
        for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    seconds = float(printed["seconds"])  # type: ignore[arg-type]
    return Figures(side.name, events / seconds, ours, theirs, load, times)


def _cpu(side: Side) -> float:
    return sum(_tree(each.pid) for each in side.processes)


def _tree(pid: int | None) -> float:
    """Return the processor seconds of a process and its children."""
    if pid is None:
        return 0.0
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        own = int(path.parent.name) == pid
        if own or int(fields[1]) == pid:
            ticks += sum(map(int, fields[11:15] if own else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _ended() -> float:
    """Return the processor seconds of the processes that have ended: the load is one for each run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _endpoints() -> list[str]:
    return [endpoint(f"e{number}", f"e{number}") for number in range(ENDPOINTS)]


def _sqlite(side: Side, scratch: Path) -> None:
    side.name = "1 on SQLite"
    directory = scratch / "one"
    directory.mkdir()
    url = f"sqlite:{directory}/gateway.db"
    side.processes = [side.enter_context(gateway(directory, endpoints=_endpoints(), database=url))]


def _limited(count: int, side: Side, scratch: Path) -> None:
    """Start the same with so little of a processor each that there is enough for all of them."""
    _postgres(count, side, scratch)
    side.name = f"{count} on PostgreSQL, {SHARE:g} processors each"
    for process in side.processes:
        side.enter_context(limited(process.pid, SHARE))


def _postgres(count: int, side: Side, scratch: Path) -> None:
    side.name = f"{count} on PostgreSQL"
    server = side.enter_context(LocalServer.temporary())
    side.database = server.pid
    sink = free_port()
    processes: list[Measured] = []
    for number in range(count):
        directory = scratch / f"node-{number}"
        directory.mkdir()
        started = gateway(directory, endpoints=_endpoints(), sink=sink, database=server.url)
        processes.append(side.enter_context(started))
    time.sleep(SETTLING)
    side.processes = processes


def _celery(side: Side, scratch: Path) -> None:
    side.name = "Celery, Redis"
    broker, sink = free_port(), free_port()
    environment = os.environ | {"BENCH_BROKER": f"redis://127.0.0.1:{broker}/0", "BENCH_SINK": str(sink)}
    os.environ.update(environment)
    durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    redis = ["redis-server", "--port", str(broker), "--dir", str(scratch), "--loglevel", "warning", *durable]
    side.database = side.enter_context(_process(redis, broker)).pid
    workers = ["celery", "--app", "bench.celery_app", "worker", "--concurrency", "2", "--loglevel", "ERROR"]
    worker = side.enter_context(_process([str(Path(sys.executable).with_name(workers[0])), *workers[1:]], None))
    port = free_port()
    front = side.enter_context(
        running([sys.executable, "-m", "bench.celery_app", str(port)], scratch, port, sink, pinned=False)
    )
    side.processes = [front, _Quiet(worker.pid, port, sink)]


class _Quiet(Measured):
    """A process that takes no events in; it is counted, and the front is posted to in its place."""


@contextmanager
def _process(command: Sequence[str], port: int | None) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while port is not None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with {process.returncode}") from None
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()
