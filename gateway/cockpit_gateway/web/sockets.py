"""Listening sockets: bound here, or inherited from systemd or from the process before.

An inherited socket has been listening all the time: connections that come while nobody accepts wait in the kernel.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from cockpit_gateway.config import Listen

BACKLOG = 1024
"""Connections that the kernel keeps for us while nobody accepts; Cockpit makes a new one for each POST."""

PRIVATE = 0o177
"""The mask of a Unix socket: for nobody else."""


class Sockets:
    """Opens the sockets to listen on, each time the same for the same place.

    Args:
        inherited: Sockets that are listening already, by their place.
        activated: Sockets that systemd listens on, for whatever place.
    """

    def __init__(
        self, inherited: Mapping[str, Sequence[socket.socket]] | None = None, activated: Sequence[socket.socket] = ()
    ) -> None:
        self._inherited = dict(inherited or {})
        self._activated = activated
        self._bound: list[Path] = []
        self.opened: dict[str, Sequence[socket.socket]] = {}
        """What is listened on, by its place."""

    def open(self, listen: Listen, *, public: bool = False) -> Sequence[socket.socket]:
        """Return sockets that listen at a place.

        Args:
            listen: The place.
            public: True for where Cockpit posts to, which is what systemd may listen on.

        Raises:
            OSError: it is in use, or not ours.
        """
        if public and self._activated:
            found = self._activated
        else:
            found = self._inherited.pop(str(listen), []) or self._bind(listen)
        self.opened[str(listen)] = found
        return found

    def close_others(self) -> None:
        """Close what was inherited and is not listened on any more."""
        for sockets in self._inherited.values():
            for one in sockets:
                one.close()
        self._inherited.clear()

    def remove_files(self) -> None:
        """Remove the files of the Unix sockets that were bound here; nobody goes on listening on them."""
        for path in self._bound:
            path.unlink(missing_ok=True)

    def _bind(self, listen: Listen) -> list[socket.socket]:
        if listen.path is not None:
            self._bound.append(listen.path)
            return [bind_unix(listen.path)]
        addresses = socket.getaddrinfo(
            listen.host or None, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        bound: list[socket.socket] = []
        try:
            for family, kind, protocol, _, address in dict.fromkeys(addresses):
                bound.append(_bind_tcp(family, kind, protocol, address))
        except OSError:
            for one in bound:
                one.close()
            raise
        return bound


def bind_unix(path: Path) -> socket.socket:
    """Return a listening Unix socket with the mode 0600; a file that a dead process left behind is replaced.

    Raises:
        OSError: it cannot be made.
    """
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(PRIVATE)
    try:
        made.bind(str(path))
    except OSError:
        made.close()
        raise
    finally:
        os.umask(umask)
    made.listen(BACKLOG)
    return made


def _bind_tcp(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made
