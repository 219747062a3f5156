"""The measured processes: started, watched through /proc, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PATIENCE = 30.0
MEASURED, LOADING = 0, 1
"""The processors of the measured process and of the load, where there are two."""

CONFIGURATION = """\
server: {{listen: "127.0.0.1:{port}"}}
store: sqlite:{directory}/gateway.db
sources: {{website: {{}}}}
log: {{level: warning}}
plugins:
  webhook:
    endpoints:
      sink:
        url: http://127.0.0.1:{sink}/in
        events: [collections.save.after]
        secret: {secret}
        concurrency: 64
"""


@dataclass(frozen=True)
class Measured:
    """A running process that is measured.

    Attributes:
        pid: Its process id.
        port: Where it takes events.
        sink: Where it delivers to, 0 if it does not.
    """

    pid: int
    port: int
    sink: int

    def cpu(self) -> float:
        """Return the processor time it has used, user and system, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def gateway(directory: Path, launcher: Sequence[str] = ()) -> Generator[Measured]:
    """Run a gateway with one signed endpoint and an empty store in a directory.

    Args:
        directory: Where its store is.
        launcher: A command that runs `cockpit-gateway` with the arguments given to it; the command itself if empty.
    """
    port, sink = free_port(), free_port()
    path = directory / "gateway.yaml"
    path.write_text(CONFIGURATION.format(port=port, sink=sink, directory=directory, secret=SECRET))
    program = launcher or [str(Path(sys.executable).with_name("cockpit-gateway"))]
    command = [*program, "run", "--config", str(path)]
    with _running(command, directory, port, sink) as measured:
        yield measured


@contextmanager
def peer(kind: str, directory: Path) -> Generator[Measured]:
    """Run one of `bench.peers`."""
    port, sink = free_port(), free_port() if kind == "relay" else 0
    command = [sys.executable, "-m", "bench.peers", kind, str(port), f"http://127.0.0.1:{sink}/in"]
    with _running(command, directory, port, sink) as measured:
        yield measured


def load(measured: Measured, kind: str, events: int, intensity: int) -> dict[str, list[float]]:
    """Run the load against a process, and return what it printed."""
    arguments = [kind, str(measured.port), str(measured.sink), str(events), str(intensity)]
    finished = subprocess.run(
        _pinned([sys.executable, "-m", "bench.load", *arguments], LOADING),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    printed: dict[str, list[float]] = json.loads(finished.stdout)
    return printed


@contextmanager
def _running(command: Sequence[str], directory: Path, port: int, sink: int) -> Generator[Measured]:
    environment = os.environ | {"BENCH_DIRECTORY": str(directory)}
    process = subprocess.Popen(_pinned(command, MEASURED), env=environment, stdout=subprocess.DEVNULL)
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


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{' '.join(map(str, process.args))} did not start")  # type: ignore[arg-type]
