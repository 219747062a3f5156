"""Requests through a SOCKS5 proxy (RFC 1928); the proxy looks the names up."""

from __future__ import annotations

import asyncio
import os
import ssl
from importlib.util import find_spec

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from cockpit_gateway.egress.answering import Connector
from cockpit_gateway.egress.policy import OF_PROXIES, ForbiddenAddressError, literal_address

USUAL_PORT = 1080


class ProxyFailedError(aiohttp.ClientConnectionError):
    """The proxy cannot be reached, or makes no connection; the text says why."""


def is_socks(proxy: str) -> bool:
    """Tell whether a proxy's URL is one of SOCKS5."""
    return proxy.startswith("socks5://")


def has_socks() -> bool:
    """Tell whether the extra `socks` is installed."""
    return find_spec("aiohttp_socks") is not None


def socks_connector(proxy: str, resolver: AbstractResolver) -> aiohttp.TCPConnector:
    """Return what makes connections through a SOCKS5 proxy, whose own address is looked up and checked each time.

    Args:
        proxy: Its URL, with user and password if it wants them.
        resolver: Looks the proxy's name up.
    """
    import python_socks  # noqa: PLC0415 - an extra
    from aiohttp_socks import ProxyConnector  # noqa: PLC0415

    class SocksConnector(Connector, ProxyConnector):
        """Connects to the proxy's address that was checked, not to a name that may change its answer."""

        async def _connect_via_proxy(
            self,
            host: str,
            port: int,
            ssl: ssl.SSLContext | None = None,
            timeout: float | None = None,  # noqa: ASYNC109 - as it is declared there
        ) -> tuple[asyncio.Transport, ResponseHandler]:
            self._proxy_host = await _checked_address(name, self._proxy_port, resolver)
            try:
                return await super()._connect_via_proxy(host, port, ssl, timeout)
            except python_socks.ProxyConnectionError as error:
                raise ProxyFailedError(os.strerror(error.errno or 0).lower()) from error
            except (python_socks.ProxyError, python_socks.ProxyTimeoutError) as error:
                raise ProxyFailedError(str(error)) from error

    url = URL(proxy)
    name = url.host or ""
    return SocksConnector(host=name, port=url.port or USUAL_PORT, username=url.user, password=url.password)


async def _checked_address(host: str, port: int, resolver: AbstractResolver) -> str:
    literal = literal_address(host)
    try:
        address = str(literal) if literal is not None else (await resolver.resolve(host, port))[0]["host"]
    except OSError as error:
        raise ProxyFailedError(f"name not found: {host}") from error
    try:
        OF_PROXIES.check(address)
    except ForbiddenAddressError as error:
        raise ProxyFailedError(str(error)) from error
    return address
