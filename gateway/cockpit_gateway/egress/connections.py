"""Connections to the outside: each address is checked when it is connected to, after its name was resolved."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from cockpit_gateway.egress.answering import Connector
from cockpit_gateway.egress.policy import NetworkPolicy
from cockpit_gateway.threads import WorkerThreads

AddressInfo = tuple[socket.AddressFamily | int, socket.SocketKind | int, int, str, tuple[Any, ...]]


class Resolver(AbstractResolver):
    """Looks names up as the machine does, in threads of its own.

    Args:
        threads: Where it waits.
    """

    def __init__(self, threads: WorkerThreads) -> None:
        self._threads = threads

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return a name's addresses.

        Raises:
            OSError: it has none.
        """
        flags = socket.AI_ADDRCONFIG
        found = await self._threads.run(
            lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=flags)
        )
        return [
            ResolveResult(hostname=host, host=address[0], port=address[1], family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept open."""


def connector(
    policy: NetworkPolicy, resolver: AbstractResolver, tls: ssl.SSLContext | None = None
) -> aiohttp.TCPConnector:
    """Return what makes connections to allowed addresses only; those it keeps are for requests of the same policy."""
    return Connector(resolver=resolver, socket_factory=_guarded(policy), ssl=True if tls is None else tls)


def _guarded(policy: NetworkPolicy) -> Callable[[Any], socket.socket]:
    def make(info: AddressInfo) -> socket.socket:
        family, kind, proto, _, address = info
        policy.check(address[0])
        return socket.socket(family, kind, proto)

    return make
