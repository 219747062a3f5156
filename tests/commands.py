"""Runs the installed command as processes of their own, with a real daemon in a folder of the test's."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench.processes import free_port
from typer.testing import CliRunner

from cockpit_gateway.cli.app import app
from cockpit_gateway.testing.captures import FOLDER as CAPTURES

SAVE = CAPTURES / "collections.save.after.json"
TOKEN = "a-token-that-must-not-be-shown"
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
ESCAPES = "\x1b[2J\x07"

COMMAND = Path(sys.executable).with_name("cockpit-gateway")
PATIENCE = 60.0
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

    def here(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command in this process, which is quicker, and return its JSON document."""
        with chdir(self.folder):
            result = CliRunner(env={"COCKPIT_GATEWAY_CONFIG": None}).invoke(app, [*map(str, arguments), "--json"])
        assert result.exit_code == 0, result
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    def deliveries(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the deliveries, newest first."""
        found: list[dict[str, Any]] = self.here("deliveries", "list", *arguments)["deliveries"]
        return found

    def ended_deliveries(self) -> list[dict[str, Any]]:
        """Wait until there are deliveries and all have ended; returns them, newest first."""

        def ended() -> list[dict[str, Any]]:
            found = self.deliveries()
            return found if all(delivery["ended_at"] for delivery in found) else []

        return eventually(ended)

    @contextmanager
    def daemon(self, env: Mapping[str, str] | None = None) -> Generator[subprocess.Popen[bytes]]:
        """Run the daemon; at the end it, or who has replaced it, is stopped, and both must have ended well."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([COMMAND, "run"], cwd=self.folder, env=environment(env), stdout=log, stderr=log)
        try:
            eventually(lambda: process.poll() is not None or self.pid or self._ready())
            assert process.poll() is None, (self.folder / "log").read_text()
            yield process
        finally:
            for found in {self.pid, process.pid} - {0}:
                with suppress(ProcessLookupError):
                    os.kill(found, signal.SIGTERM)
            code = process.wait(PATIENCE)
        assert code == 0, f"ended with {code}: " + (self.folder / "log").read_text()
        eventually(lambda: not self.pid)

    def logged(self) -> list[dict[str, Any]]:
        """Return what the daemon has logged, but for the event loop held up, as happens on a busy machine."""
        lines: list[dict[str, Any]] = [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]
        return [line for line in lines if not line["message"].startswith("the event loop is held")]

    @property
    def pid(self) -> int:
        """The process that answers on the admin socket and is ready, 0 if none is."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(PATIENCE)
            try:
                asked.connect(str(next(self.folder.glob("**/gateway.sock"))))
                asked.sendall(b"GET /api/v1/status HTTP/1.0\r\nHost: gateway\r\n\r\n")
                answer = b"".join(iter(lambda: asked.recv(65536), b""))
            except (OSError, StopIteration):
                return 0
        head, _, body = answer.partition(b"\r\n\r\n")
        document = json.loads(body) if b" 200 " in head[:16] else {"unready": "no answer"}
        return 0 if document["unready"] else int(document["pid"])

    @contextmanager
    def killed_daemon(self) -> Generator[subprocess.Popen[bytes]]:
        """Run the daemon; at the end it is killed."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([COMMAND, "run"], cwd=self.folder, env=environment(), stdout=log, stderr=log)
        try:
            eventually(lambda: process.poll() is not None or self._ready())
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE)

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


def distribution(site: Site, name: str, code: str) -> dict[str, str]:
    """Install a plugin of one module beside a site; returns the environment in which it is found."""
    packages = site.folder / "packages"
    metadata = packages / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[cockpit_gateway]\n{name} = {name}_plugin\n")
    (packages / f"{name}_plugin.py").write_text(code)
    return {"PYTHONPATH": str(packages)}


@contextmanager
def terminal(
    site: Site, *arguments: str, env: Mapping[str, str] | None = None
) -> Generator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Run a command on a terminal; gives the process, and what it has shown so far."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=site.folder,
        env=environment({"TERM": "xterm-256color", "COLUMNS": "120"} | dict(env or {})),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    reader = threading.Thread(target=_read, args=(ours, shown))
    reader.start()
    try:
        yield process, lambda: _join(process, reader, shown)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        reader.join()
        os.close(ours)
    assert code == 0, shown


def on_terminal(site: Site, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run a command on a terminal to its end, and return what it has shown."""
    with terminal(site, *arguments, env=env) as (process, shown):
        process.wait(PATIENCE)
        return shown()


def _read(descriptor: int, shown: bytearray) -> None:
    while True:
        try:
            shown += os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other side is closed
            return


def _join(process: subprocess.Popen[bytes], reader: threading.Thread, shown: bytearray) -> str:
    if process.poll() is not None:
        reader.join()
    return shown.decode()
