"""Channels: what requests of one kind go through, with their policy, their proxy and their TLS."""

from __future__ import annotations

import socket
import ssl
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from yarl import URL

from cockpit_gateway.egress.connections import Resolver, connect, connector
from cockpit_gateway.egress.policy import OF_PROXIES, NetworkPolicy
from cockpit_gateway.egress.socks import is_socks, socks_connector
from cockpit_gateway.threads import WorkerThreads

PUBLIC = NetworkPolicy()
"""Public addresses only."""

LOOKUPS = 32
"""Names that are looked up at once; one that hangs takes a thread, and must not hold up the others."""


class Channel:
    """Sends requests the same way.

    Args:
        session: What they share with others of the same policy.
        proxy: The HTTP proxy that they go through.
        tls: For https; None for what the system believes.
    """

    def __init__(self, session: aiohttp.ClientSession, proxy: str | None, tls: ssl.SSLContext | None) -> None:
        self._session = session
        self._proxy = proxy
        self._tls: ssl.SSLContext | bool = True if tls is None else tls

    def request(self, method: str, url: URL, **options: Any) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Begin a request; redirects are not followed. The options are those of `aiohttp.ClientSession.request`."""
        return self._session.request(method, url, proxy=self._proxy, ssl=self._tls, allow_redirects=False, **options)


class Channels:
    """Makes channels, and keeps what they share: connections to places that the same policy allows.

    Args:
        resolver: Looks names up; None for one of its own.
    """

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or new_resolver()
        self._sessions: dict[tuple[NetworkPolicy, str | None], aiohttp.ClientSession] = {}
        self._whole: dict[tuple[NetworkPolicy, str | None, ssl.SSLContext | None], aiohttp.ClientSession] = {}

    def open(self, policy: NetworkPolicy, *, proxy: str | None = None, tls: ssl.SSLContext | None = None) -> Channel:
        """Return a channel.

        Args:
            policy: Where its requests may go; through a proxy, it is the proxy that decides.
            proxy: A proxy's URL: http, https or socks5.
            tls: For https; None for what the system believes.
        """
        socks = proxy if proxy is not None and is_socks(proxy) else None
        place = (policy if proxy is None else OF_PROXIES, socks)
        if place not in self._sessions:
            self._sessions[place] = self._open_session(*place)
        return Channel(self._sessions[place], None if socks else proxy, tls)

    async def connect(self, policy: NetworkPolicy, host: str, port: int) -> socket.socket:
        """Return a connected, non-blocking socket, for a protocol that is not HTTP; whoever asks closes it.

        The address is checked when it is connected to, after the name was resolved. Use nothing but the socket: a
        library that is given the name would look it up again, and may be told another address.

        Args:
            policy: Where it may go.
            host: A name, or an address.
            port: Its port.

        Raises:
            OSError: It cannot be reached, or must not; `cockpit_gateway.transports.explain` says it in words.
        """
        return await connect(policy, host, port, self._resolver)

    def session(
        self, policy: NetworkPolicy = PUBLIC, *, proxy: str | None = None, tls: ssl.SSLContext | None = None
    ) -> aiohttp.ClientSession:
        """Return a session with all that aiohttp has, the same for the same arguments; see `open`.

        Raises:
            RuntimeError: no event loop runs in this thread.
        """
        place = (policy, proxy, tls)
        if place not in self._whole:
            through_socks = proxy is not None and is_socks(proxy)
            reached = policy if proxy is None else OF_PROXIES
            self._whole[place] = aiohttp.ClientSession(
                connector=socks_connector(proxy or "", self._resolver)
                if through_socks
                else connector(reached, self._resolver, tls),
                proxy=None if through_socks else proxy,
            )
        return self._whole[place]

    async def close(self) -> None:
        """Close every connection."""
        for session in (*self._sessions.values(), *self._whole.values()):
            await session.close()

    def _open_session(self, policy: NetworkPolicy, socks: str | None) -> aiohttp.ClientSession:
        """Return a session without limits and timeouts of its own, because whoever asks keeps them.

        It keeps no cookies, because requests have nothing to do with each other; and it unpacks no answer, because a
        small one may unpack to gigabytes.
        """
        return aiohttp.ClientSession(
            connector=connector(policy, self._resolver) if socks is None else socks_connector(socks, self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )


def new_resolver() -> Resolver:
    """Return what looks names up."""
    return Resolver(WorkerThreads("dns", LOOKUPS))
