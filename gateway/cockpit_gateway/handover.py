"""Handing over to a new process: it inherits the listening sockets, prepares, and begins when the old one has ended.

Cockpit waits one second and does not try again. Connections that come in between wait in the kernel, at the sockets
that both processes have.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cockpit_gateway.errors import ConflictError
from cockpit_gateway.systemd import adopt

SOCKETS = "COCKPIT_GATEWAY_SOCKETS"
"""The environment variable that tells a new process the descriptors it inherits, as JSON: the place and its sockets."""

PREDECESSOR = "COCKPIT_GATEWAY_PREDECESSOR"
"""The one that tells it the descriptor on which it talks to the old process."""

PREPARED = b"prepared"
PATIENCE = 60.0
"""Seconds that a new process gets to prepare."""

LONGEST_REASON = 64 * 1024


class Predecessor:
    """The old process, as the new one sees it.

    Args:
        line: Where the two talk; it is closed when the old one has ended, however that came.
        sockets: What it listened on, by place.
    """

    def __init__(self, line: socket.socket, sockets: Mapping[str, Sequence[socket.socket]]) -> None:
        self._line = line
        self.sockets = sockets

    @classmethod
    def of_this_process(cls) -> Predecessor | None:
        """Return the process that hands over to this one, None if there is none."""
        line, places = os.environ.pop(PREDECESSOR, ""), os.environ.pop(SOCKETS, "{}")
        if not line:
            return None
        found: dict[str, list[int]] = json.loads(places)
        sockets = {place: [adopt(number) for number in numbers] for place, numbers in found.items()}
        return cls(adopt(int(line)), sockets)

    async def take_over(self) -> None:
        """Say that everything is prepared, and wait until the old process has ended."""
        self._line.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._line, PREPARED)
        await loop.sock_recv(self._line, 1)
        self._line.close()

    def refuse(self, reason: str) -> None:
        """Say why this process cannot take over."""
        with suppress(OSError):  # it has gone: nobody wants to know
            self._line.sendall(reason.encode("utf-8", "replace")[:LONGEST_REASON])
        self._line.close()


class Successor:
    """The new process, as the old one sees it.

    Args:
        process: It.
        line: Where the two talk.
    """

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process = process
        self._line = line

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @classmethod
    async def start(cls, sockets: Mapping[str, Sequence[socket.socket]]) -> Successor:
        """Start a new process by the command line of this one, and wait until it is prepared.

        Args:
            sockets: What it inherits, by place.

        Raises:
            ConflictError: it cannot take over; the text says why. It has ended.
        """
        if os.getpid() == 1:
            raise ConflictError("the first process of a container cannot hand over: the container ends with it")
        ours, theirs = socket.socketpair()
        with theirs:
            successor = cls(_spawn(theirs, sockets), ours)
        try:
            async with asyncio.timeout(PATIENCE):
                await successor._wait_until_prepared()
        except TimeoutError:
            successor.abandon()
            raise ConflictError(f"the new process was not prepared within {PATIENCE:g} seconds; it was ended") from None
        except BaseException:
            successor.abandon()
            raise
        return successor

    def begin(self) -> None:
        """Let it begin: this process has ended."""
        self._line.close()

    def abandon(self) -> None:
        """End it, and go on alone."""
        self._process.kill()
        self._process.wait()
        self._line.close()

    async def _wait_until_prepared(self) -> None:
        self._line.settimeout(0)
        said = b""
        while said != PREPARED:
            part = await asyncio.get_running_loop().sock_recv(self._line, LONGEST_REASON)
            if not part:
                code = await asyncio.to_thread(self._process.wait)
                reason = said.decode("utf-8", "replace") or f"it ended with the exit code {code}; the log says why"
                raise ConflictError(f"the new process cannot take over: {reason}")
            said += part


def _spawn(line: socket.socket, sockets: Mapping[str, Sequence[socket.socket]]) -> subprocess.Popen[bytes]:
    numbers = {place: [one.fileno() for one in listening] for place, listening in sockets.items()}
    environment = os.environ | {SOCKETS: json.dumps(numbers), PREDECESSOR: str(line.fileno())}
    inherited = [line.fileno(), *(number for listed in numbers.values() for number in listed)]
    # The path of the command, not its code: after an upgrade, it is the new one that starts.
    return subprocess.Popen(sys.orig_argv, env=environment, pass_fds=inherited)  # noqa: S603 - the command line of this process
