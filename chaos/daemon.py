"""The installed daemon as a process that is killed, stopped and starved."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from bench.processes import free_port

PATIENCE = 60.0
"""Seconds after which something that was waited for has failed."""

CONFIGURATION = """\
server: {{listen: "127.0.0.1:{port}", grace: 2s, admin_socket: "{directory}/gateway.sock"}}
store: "{store}"
node: "{name}"
sources: {{website: {{}}}}
log: {{level: info, format: json}}
plugins:
  webhook:
    endpoints:
{endpoints}
"""
RETRIES = "{first: 100ms, factor: 1.5, longest: 2s, attempts: 100}"
BREAKER = "{failures: 10, wait: 200ms, longest: 1s}"
"""A schedule and a breaker by which a fault's end is noticed soon."""


def endpoint(name: str, url: str, settings: str = "", *, retries: str = RETRIES, breaker: str = BREAKER) -> str:
    """Return the YAML of an endpoint that gets every saved entry.

    Args:
        name: Its name.
        url: Where to.
        settings: Further settings in YAML's flow style.
        retries: Its `retry`.
        breaker: Its `breaker`.
    """
    rules = f"events: [collections.save.after], retry: {retries}, breaker: {breaker}"
    return f"      '{name}': {{url: '{url}', allow_private: true, {rules}{', ' if settings else ''}{settings}}}"


class Daemon:
    """One daemon, on a directory of its own.

    Args:
        directory: Where its configuration, log and socket are.
        endpoints: Its endpoints, lines of YAML.
        store: The store's file, or the URL of a database; a file beside the configuration if None.
        prefix: A command that runs the daemon's command.
        environment: Further variables.
        inherited: Descriptors that it has from the start.
    """

    def __init__(
        self,
        directory: Path,
        endpoints: Sequence[str],
        *,
        store: Path | str | None = None,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        inherited: Sequence[int] = (),
    ) -> None:
        self.port = free_port()
        self.name = directory.name
        self.store = store if isinstance(store, Path) else directory / "gateway.db"
        url = store if isinstance(store, str) else f"sqlite:{self.store}"
        self._config = directory / "gateway.yaml"
        self._config.write_text(
            CONFIGURATION.format(
                port=self.port, store=url, name=self.name, directory=directory, endpoints="\n".join(endpoints)
            )
        )
        self._log = directory / "gateway.log"
        self._prefix = tuple(prefix)
        self._inherited = tuple(inherited)
        self._environment = os.environ | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._successor: int | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._successor or self._process.pid

    @property
    def log(self) -> str:
        """Everything that it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    async def start(self, *, ready: bool = True) -> None:
        """Start it, and wait until it is ready."""
        program = str(Path(sys.executable).with_name("cockpit-gateway"))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, program, "run", "--config", str(self._config)],
                stdout=log,
                stderr=log,
                env=self._environment,
                pass_fds=self._inherited,
            )
        if ready:
            await self.wait_until_ready()

    async def wait_until_ready(self) -> None:
        """Wait until it takes events."""
        async with asyncio.timeout(PATIENCE):
            while await self.get("/readyz") != 200:
                assert self._process is not None
                if self._process.poll() is not None:
                    raise RuntimeError(f"the gateway ended:\n{self.log[-2000:]}")
                await asyncio.sleep(0.02)

    async def get(self, path: str) -> int:
        """Return the status of a GET, 0 without an answer."""
        try:
            async with asyncio.timeout(10.0):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                with closing(writer):
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode())
                    line = await reader.readline()
        except (OSError, TimeoutError):
            return 0
        return int(line.split()[1]) if line else 0

    async def metric(self, name: str) -> float:
        """Return the sum of a metric's series."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with closing(writer):
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
            lines = (await reader.read()).decode().splitlines()
        found = [line for line in lines if re.match(rf"cockpit_gateway_{name}(\{{| )", line)]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    async def send(self, number: signal.Signals) -> None:
        """Send it a signal; after one that ends it, wait for its end."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            await self.wait()

    async def hand_over(self) -> None:
        """Have a new process take its place, and wait until that is ready."""
        self._successor = json.loads(await self.command("restart", "--json"))["successor"]

    async def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, PATIENCE)

    def running_deliveries(self) -> set[str]:
        """Return the ids of the deliveries that the store of a dead daemon holds as leased."""
        with tempfile.TemporaryDirectory() as scratch:
            for suffix in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copy(f"{self.store}{suffix}", scratch)
            connection = sqlite3.connect(Path(scratch) / self.store.name)
            try:
                return {found for (found,) in connection.execute("SELECT id FROM deliveries WHERE state = 'running'")}
            finally:
                connection.close()

    async def command(self, *arguments: str) -> str:
        """Run a command of the command line against it, and return what it printed.

        Raises:
            RuntimeError: The command failed.
        """
        program = str(Path(sys.executable).with_name("cockpit-gateway"))
        process = await asyncio.create_subprocess_exec(
            program, *arguments, "--config", str(self._config), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        printed, complaint = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed: {complaint.decode()}")
        return printed.decode()

    def abandon(self) -> None:
        """End it, whatever it does."""
        if self._successor is not None:
            with suppress(ProcessLookupError):
                os.kill(self._successor, signal.SIGKILL)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(PATIENCE)


@asynccontextmanager
async def started(daemon: Daemon) -> AsyncIterator[Daemon]:
    """Run a daemon, and end it in any case."""
    try:
        await daemon.start()
        yield daemon
    finally:
        daemon.abandon()
