"""A PostgreSQL server of one's own, from the system's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL is missing; run: apt install postgresql (or name a server: DATABASE_URL=postgresql://…)"


class LocalServer:
    """A server in a directory of its own, reached by a Unix socket.

    Args:
        directory: Where its data and its socket are; it is made.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._data = directory / "data"
        self.url = f"postgresql://postgres@/postgres?host={directory}"

    @classmethod
    @contextmanager
    def temporary(cls) -> Generator[LocalServer]:
        """Give one that runs."""
        server = cls(Path(tempfile.mkdtemp(prefix="cockpit-gateway-postgres-"), "server"))
        server.directory.parent.chmod(0o755)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
            shutil.rmtree(server.directory.parent)

    @property
    def pid(self) -> int:
        """Its process id."""
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def make(self) -> None:
        """Make its data."""
        self.directory.mkdir(mode=0o755)
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for path in (self.directory, self._data):
                shutil.chown(path, *_user())
        run(
            "initdb",
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
            self._data,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.directory} -c max_connections=300"
        run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self.directory / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it, and wait for its end; "immediate" is like a crash."""
        run("pg_ctl", "stop", "-w", "-s", "-m", mode, "-D", self._data)


def run(program: str, *arguments: object) -> None:
    """Run one of PostgreSQL's programs, as a user that it lets run it."""
    command = [_find(program), *map(str, arguments)]
    if os.geteuid() == 0:
        user, group = _user()
        command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr.decode()}")


def _find(program: str) -> str:
    places: Sequence[Path] = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    path = os.pathsep.join([*map(str, reversed(places)), os.environ.get("PATH", "")])
    found = shutil.which(program, path=path)
    if found is None:
        raise RuntimeError(MISSING)
    return found


def _user() -> tuple[str, str]:
    """Return whom the server runs as: it refuses to run as root."""
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return "nobody", "nogroup"
    return "postgres", "postgres"
