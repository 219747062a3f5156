"""Runs the installed command as processes of their own, with a real daemon in a folder of the test's."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

COMMAND = Path(sys.executable).with_name("cockpit-gateway")
PATIENCE = 20.0
"""Seconds after which a condition that was waited for has failed."""

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Site:
    """A folder with a configuration, and a port for the daemon.

    Attributes:
        folder: The working directory of every command.
        port: Where the daemon listens.
    """

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "gateway.yaml"

    @property
    def url(self) -> str:
        """Where the daemon listens."""
        return f"http://127.0.0.1:{self.port}"

    def run(
        self, *arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=environment(env),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )

    def text(self, *arguments: str | Path) -> str:
        """Run a command that succeeds, and return what it prints."""
        result = self.run(*arguments)
        assert (result.returncode, result.stderr) == (0, b""), result
        return result.stdout.decode()

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command that succeeds, and return its JSON document."""
        document: dict[str, Any] = json.loads(self.text(*arguments, "--json"))
        return document

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the daemon; at the end it is stopped and must have ended well."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([COMMAND, "run"], cwd=self.folder, env=environment(), stdout=log, stderr=log)
        try:
            eventually(lambda: process.poll() is not None or self._ready())
            assert process.poll() is None, (self.folder / "log").read_text()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(PATIENCE)
        assert code == 0, (self.folder / "log").read_text()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=PATIENCE):
                return True
        except OSError:
            return False


def site(folder: Path, yaml: str = "sources: {website: {}}\n") -> Site:
    """Make a folder with a configuration; `server` and `store` are given."""
    port = free_port()
    head = f"server: {{listen: '127.0.0.1:{port}', grace: 2s}}\nstore: sqlite:gateway.db\n"
    (folder / "gateway.yaml").write_text(head + yaml)
    return Site(folder, port)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which nothing of ours' is set, and nothing is coloured by force."""
    ours = ("COCKPIT_GATEWAY_", "FORCE_COLOR", "NO_COLOR", "COLUMNS", "COVERAGE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | dict(extra or {})


def eventually(condition: Callable[[], _Value]) -> _Value:
    """Wait until a condition holds, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition that was waited for did not come about"
        time.sleep(0.01)
    return value


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def on_terminal(site: Site, *arguments: str | Path) -> str:
    """Run a command on a terminal and return what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        cwd=site.folder,
        env=environment({"TERM": "xterm-256color"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                shown += terminal.read(65536)
            except OSError:  # Linux: the other side is closed
                break
    assert process.wait(PATIENCE) == 0, shown
    return shown.decode()
