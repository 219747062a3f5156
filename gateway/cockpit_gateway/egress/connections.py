"""Connections to the outside: each address is checked when it is connected to, after its name was resolved."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from cockpit_gateway.egress.answering import Connector
from cockpit_gateway.egress.policy import NetworkPolicy, literal_address
from cockpit_gateway.threads import WorkerThreads

IPV4 = 4

PATIENCE = 5.0
"""Seconds after which a host's next address is tried."""

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


async def connect(policy: NetworkPolicy, host: str, port: int, resolver: AbstractResolver) -> socket.socket:
    """Return a connection to the first allowed address of a host that answers.

    Raises:
        OSError: there is none; of the last address that was tried.
    """
    failure = OSError(f"{host} has no address")
    for family, address in await _addresses(host, port, resolver):
        try:
            return await _connected(policy, family, address, port)
        except OSError as error:
            failure = error
    raise failure


async def _addresses(host: str, port: int, resolver: AbstractResolver) -> list[tuple[int, str]]:
    literal = literal_address(host)
    if literal is not None:
        return [(socket.AF_INET if literal.version == IPV4 else socket.AF_INET6, str(literal))]
    return [(found["family"], found["host"]) for found in await resolver.resolve(host, port, socket.AF_UNSPEC)]


async def _connected(policy: NetworkPolicy, family: int, address: str, port: int) -> socket.socket:
    policy.check(address)
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setblocking(False)  # noqa: FBT003 - as it is declared there
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().sock_connect(opened, (address, port))
    except BaseException:
        opened.close()
        raise
    return opened


def _guarded(policy: NetworkPolicy) -> Callable[[Any], socket.socket]:
    def make(info: AddressInfo) -> socket.socket:
        family, kind, proto, _, address = info
        policy.check(address[0])
        return socket.socket(family, kind, proto)

    return make
