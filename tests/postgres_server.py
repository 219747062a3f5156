"""A PostgreSQL server for the tests: the one that DATABASE_URL names, or one started from the system's packages."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

MISSING = "PostgreSQL is missing; run: apt install postgresql (or name a server: DATABASE_URL=postgresql://…)"


class Server:
    """A running server.

    Args:
        url: Of a database in which schemas can be made.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count()

    def execute(self, *statements: str) -> None:
        """Run statements, each for itself."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        apart(run())

    @contextmanager
    def place(self) -> Generator[str]:
        """Give the URL of an empty place for a store: a schema of its own, which is made sooner than a database."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{self.url}{'&' if '?' in self.url else '?'}search_path={name}"
        finally:
            self.execute("SET client_min_messages = warning", f"DROP SCHEMA {name} CASCADE")


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
        options = f"-c listen_addresses= -c unix_socket_directories={self.directory} -c max_connections=300"
        run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self.directory / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        run("pg_ctl", "stop", "-w", "-s", "-m", mode, "-D", self._data)


@contextmanager
def server() -> Generator[Server]:
    """Give the server of this test session; processes that share a session share it."""
    url = os.environ.get("DATABASE_URL")
    if url is not None:
        yield Server(url)
        return
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    local = LocalServer(Path(tempfile.gettempdir(), f"cockpit-gateway-postgres-{session}"))
    with _counted(local):
        yield Server(local.url)


@contextmanager
def _counted(local: LocalServer) -> Generator[None]:
    """Start a server unless another process has; stop it if no other uses it any more."""
    users = local.directory.with_suffix(".users")
    with _locked(users) as number:
        if not number:
            local.make()
            local.start()
        users.write_text(str(number + 1))
    try:
        yield
    finally:
        with _locked(users) as number:
            users.write_text(str(number - 1))
            if number == 1:
                local.stop("immediate")
                shutil.rmtree(local.directory)
                users.unlink()


@contextmanager
def _locked(path: Path) -> Generator[int]:
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield int(file.read() or 0)


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


def apart(work: Any) -> None:
    """Run a coroutine to its end beside a loop that may be running."""
    failures: list[BaseException] = []

    def run_it() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
            failures.append(error)

    thread = threading.Thread(target=run_it)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
