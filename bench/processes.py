"""The measured processes: started, watched through /proc, stopped."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
TOKEN = "a-token-that-only-reads"
PATIENCE = 30.0
MEASURED, LOADING = 0, 1
"""The processors of the measured process and of the load, where there are two."""

_PORTS = range(10_000, 32_768)
_NEXT = count(secrets.randbelow(len(_PORTS)))

CONFIGURATION = """\
server: {{listen: "127.0.0.1:{port}", admin_socket: "{directory}/gateway.sock"}}
store: "{store}"
node: "{name}"
sources: {{website: {{}}}}
api: {{listen: "127.0.0.1:{admin}", clients: {{bench: {{token: {token}}}}}}}
log: {{level: error}}
plugins:
  webhook:
    endpoints:
{endpoints}
"""


@dataclass(frozen=True)
class Measured:
    """A running process that is measured.

    Attributes:
        pid: Its process id.
        port: Where it takes events.
        sink: Where it delivers to, 0 if it does not.
        admin: Where its console and its API are, 0 if it has none.
    """

    pid: int
    port: int
    sink: int
    admin: int = 0

    def cpu(self) -> float:
        """Return the processor time it has used, user and system, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name: str = "VmRSS") -> int:
        """Return the bytes of memory that it has; of "VmHWM", the most it ever had."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def free_port() -> int:
    """Return a port that nothing listens on, and that the system gives to nobody who asks for any port.

    It is not returned again soon: processes that ask at the same time get ports of their own.
    """
    while True:
        port = _PORTS[next(_NEXT) % len(_PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def endpoint(name: str, path: str = "in", settings: str = "events: [collections.save.after]") -> str:
    """Return the YAML of a signed endpoint at a path of the sink."""
    url = f"http://127.0.0.1:{{sink}}/{path}"
    return f"      {name}: {{{{url: '{url}', allow_private: true, secret: {SECRET}, concurrency: 64, {settings}}}}}"


@contextmanager
def gateway(
    directory: Path,
    launcher: Sequence[str] = (),
    endpoints: Sequence[str] = (),
    sink: int | None = None,
    *,
    database: str | None = None,
) -> Generator[Measured]:
    """Run a gateway with the store in a directory.

    Args:
        directory: Where its store is.
        endpoints: Its endpoints, as `endpoint` writes them; a single one by default.
        sink: The port that they deliver to; a free one by default.
        database: The URL of a database instead; then the processes are not kept apart, since there are several.
        launcher: A command that runs `cockpit-gateway` with the arguments given to it; the command itself if empty.
    """
    port, admin, sink = free_port(), free_port(), sink or free_port()
    path = directory / "gateway.yaml"
    written = "\n".join(endpoints or [endpoint("sink")]).format(sink=sink)
    path.write_text(
        CONFIGURATION.format(
            port=port,
            admin=admin,
            token=TOKEN,
            directory=directory,
            name=directory.name,
            store=database or f"sqlite:{directory}/gateway.db",
            endpoints=written,
        )
    )
    program = launcher or [str(Path(sys.executable).with_name("cockpit-gateway"))]
    command = [*program, "run", "--config", str(path)]
    with running(command, directory, port, sink, pinned=database is None) as measured:
        yield replace(measured, admin=admin)


@contextmanager
def peer(kind: str, directory: Path) -> Generator[Measured]:
    """Run one of `bench.peers`."""
    port, sink = free_port(), 0 if kind == "durable" else free_port()
    target = [f"http://127.0.0.1:{sink}/in"] if sink else []
    command = [sys.executable, "-m", "bench.peers", kind, str(port), *target]
    with running(command, directory, port, sink) as measured:
        yield measured


def load(
    measured: Measured, kind: str, events: int, intensity: int, *, arrivals: int | None = None
) -> dict[str, list[float]]:
    """Run the load against a process, and return what it printed.

    Args:
        measured: The process.
        kind: "closed" or "open".
        events: How many to send.
        intensity: Connections of the closed loop, events per second of the open one.
        arrivals: Deliveries to wait for; by default one per event, if the process delivers.
    """
    expected = arrivals if arrivals is not None else events if measured.sink else 0
    return load_all([measured], kind, events, intensity, expected)


def load_all(
    measured: Sequence[Measured], kind: str, events: int, intensity: int, arrivals: int, *, pinned: bool = True
) -> dict[str, list[float]]:
    """Run the load against several processes in turn, which deliver to the same port; see `load`."""
    ports = ",".join(str(each.port) for each in measured)
    arguments = [kind, ports, str(measured[0].sink), str(events), str(intensity), str(arrivals)]
    with _loading(arguments, pinned=pinned) as process:
        return _printed(process)


@contextmanager
def sink(port: int, arrivals: int) -> Generator[subprocess.Popen[str]]:
    """Receive so many deliveries; see `first_arrival`."""
    with _loading(["sink", "0", str(port), "0", "0", str(arrivals)]) as process:
        _wait_for(port, process)
        yield process


def first_arrival(process: subprocess.Popen[str]) -> float:
    """Wait for a sink's deliveries, and return when the first arrived, in seconds of the monotonic clock."""
    return float(_printed(process)["first_arrival"])  # type: ignore[arg-type]


@contextmanager
def _loading(arguments: Sequence[str], *, pinned: bool = True) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.load", *arguments]
    if pinned:
        command = _pinned(command, LOADING)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _printed(process: subprocess.Popen[str]) -> dict[str, list[float]]:
    text, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("the load failed")
    printed: dict[str, list[float]] = json.loads(text)
    return printed


@contextmanager
def running(
    command: Sequence[str], directory: Path, port: int, sink: int, *, pinned: bool = True
) -> Generator[Measured]:
    """Run a process that is measured, and stop it.

    Args:
        command: What is run.
        directory: Where it may keep something.
        port: Where it listens.
        sink: Where it delivers to.
        pinned: Whether it has a processor of its own.
    """
    environment = os.environ | {"BENCH_DIRECTORY": str(directory)}
    placed = _pinned(command, MEASURED) if pinned else list(command)
    process = subprocess.Popen(placed, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Measured(process.pid, port, sink)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _pinned(command: Sequence[str], processor: int) -> list[str]:
    """Keep the measured process and the load apart, so that neither takes the other's time."""
    enough = len(os.sched_getaffinity(0)) > processor and len(os.sched_getaffinity(0)) > 1
    return ["taskset", "-c", str(processor), *command] if enough else list(command)


def _wait_for(port: int, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{' '.join(map(str, process.args))} did not start")  # type: ignore[arg-type]
