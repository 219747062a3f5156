"""A PostgreSQL server of one's own, from the system's packages."""

from __future__ import annotations

import fcntl
import os
import pwd
import shlex
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
        parent = Path(tempfile.mkdtemp(prefix="cockpit-gateway-postgres-"))
        parent.chmod(0o755)
        server = cls(parent / "server")
        with server.used(parent / "users"):
            try:
                yield server
            finally:
                server.stop("immediate")
                shutil.rmtree(parent)

    @contextmanager
    def used(self, users: Path) -> Generator[None]:
        """Use it: it is made for the first process that does so, and ends with the last, also if that one is killed.

        Args:
            users: A file that each of them has locked meanwhile.
        """
        with _locked(users, fcntl.LOCK_SH):
            with _locked(users.with_suffix(".making"), fcntl.LOCK_EX):
                if not self.directory.exists():
                    self.make()
                    self.start()
                    self._end_after(users)
            yield

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

    def _end_after(self, users: Path) -> None:
        """Have another process stop it, and remove it, as soon as nobody has the file locked."""
        stop = shlex.join(_command("pg_ctl", "stop", "-s", "-m", "immediate", "-D", self._data))
        remove = shlex.join(["rm", "-rf", str(self.directory)])
        subprocess.run(
            ["setsid", "--fork", "flock", users, "sh", "-c", f"{stop}; {remove}"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )


def run(program: str, *arguments: object) -> None:
    """Run one of PostgreSQL's programs, as a user that it lets run it."""
    done = subprocess.run(
        _command(program, *arguments),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr.decode()}")


def _command(program: str, *arguments: object) -> list[str]:
    command = [_find(program), *map(str, arguments)]
    if os.geteuid() != 0:
        return command
    user, group = _user()
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]


@contextmanager
def _locked(path: Path, how: int) -> Generator[None]:
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield


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
