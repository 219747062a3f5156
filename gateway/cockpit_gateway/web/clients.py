"""Who a request comes from: the peer, or what a trusted proxy says of whom it forwards."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Literal

from aiohttp import hdrs, web
from multidict import istr

from cockpit_gateway.config.networks import UNIX, IPAddress, IPNetwork, plain
from cockpit_gateway.web.problems import Problem

FORWARDED_FOR = hdrs.X_FORWARDED_FOR
FORWARDING_HEADERS = (hdrs.FORWARDED, FORWARDED_FOR, istr("X-Real-IP"))

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")
_FOR = re.compile(r'\s*for\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^"\s]*))\s*', re.IGNORECASE)


class Clients:
    """Tells requests' addresses.

    Args:
        trusted: The proxies that are believed.
    """

    def __init__(self, trusted: Iterable[IPNetwork | Literal["unix"]] = ()) -> None:
        listed = list(trusted)
        self._networks = [network for network in listed if network != UNIX]
        self._trusts_socket = UNIX in listed

    def address(self, request: web.BaseRequest) -> IPAddress | None:
        """Return the address of whoever made a request; None for a program on this machine, over the Unix socket.

        Of what proxies wrote, only the addresses that trusted ones added are believed: the first from the right that
        is no trusted proxy is the client's.

        Raises:
            Problem: somebody who is not trusted forwarded it, or what a proxy wrote cannot be made out.
        """
        peer = peer_of(request)
        if not any(name in request.headers for name in FORWARDING_HEADERS):
            return peer
        if not self._trusts(peer):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "The request was forwarded, by something that is no trusted proxy. If it is yours, add it to the "
                f"configuration, under server: trusted_proxies: [{UNIX if peer is None else peer}]",
            )
        chains = [
            chain
            for name, parse in ((FORWARDED_FOR, _forwarded_for), (hdrs.FORWARDED, _forwarded))
            if (chain := [parse(part) for value in request.headers.getall(name, ()) for part in value.split(",")])
        ]
        found = {self._nearest_stranger(chain) for chain in chains}
        if len(found) > 1:  # one of the two is the client's own invention
            raise Problem(HTTPStatus.FORBIDDEN, f"{FORWARDED_FOR} and {hdrs.FORWARDED} name different clients.")
        return found.pop() if found else peer

    def name(self, request: web.BaseRequest) -> str:
        """Return the address for a log: the peer's own if what was forwarded is not believed."""
        try:
            return str(self.address(request) or UNIX)
        except Problem:
            return str(peer_of(request) or UNIX)

    def _trusts(self, address: IPAddress | None) -> bool:
        return self._trusts_socket if address is None else is_in(address, self._networks)

    def _nearest_stranger(self, chain: Sequence[IPAddress | None]) -> IPAddress:
        for address in reversed(chain):
            if address is None:
                raise Problem(HTTPStatus.FORBIDDEN, "What the proxy wrote of the client is no address.")
            if not is_in(address, self._networks):
                return address
        first = chain[0]
        assert first is not None  # noqa: S101 - refused above
        return first


def peer_of(request: web.BaseRequest) -> IPAddress | None:
    """Return the address of the other end of the connection; None for a Unix socket."""
    remote = request.remote
    return None if remote == "" else _address(str(remote))


def is_in(address: IPAddress, networks: Iterable[IPNetwork]) -> bool:
    """Tell whether an address belongs to one of the networks."""
    return any(address in network for network in networks)


def parse_address(text: str) -> IPAddress | None:
    """Return an address as proxies write it, with or without a port; None if it is none.

    Example:
        >>> parse_address("[::ffff:192.0.2.7]:4711")
        IPv4Address('192.0.2.7')
    """
    found = _WITH_PORT.fullmatch(text)
    try:
        return _address(found["six"] or found["four"] if found else text)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _address(text: str) -> IPAddress:
    return plain(ipaddress.ip_address(text))


def _forwarded_for(part: str) -> IPAddress | None:
    return parse_address(part.strip())


def _forwarded(element: str) -> IPAddress | None:
    """Return the address of a `Forwarded` element (RFC 7239): `for="[2001:db8::1]:4711";proto=https`."""
    for pair in element.split(";"):
        found = _FOR.fullmatch(pair)
        if found is not None:
            return parse_address(found["plain"] if found["quoted"] is None else found["quoted"])
    return None
