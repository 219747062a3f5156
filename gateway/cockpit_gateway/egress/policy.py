"""The network policy: which addresses requests may go to."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from cockpit_gateway.egress.addresses import Address, Network, Reach, embedded_address, kind_of


class ForbiddenAddressError(OSError):
    """An address that the policy forbids.

    Args:
        text: Which, what it is, and what would allow it.
    """

    def __init__(self, text: str) -> None:
        super().__init__(None, text)  # so that whoever shows an error's `strerror` shows the text

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True)
class NetworkPolicy:
    """Public addresses are allowed, private ones only if that is said, some never.

    Attributes:
        private: True for all private addresses, or the networks whose private addresses are allowed.

    Example:
        >>> NetworkPolicy().check("192.168.1.5")
        Traceback (most recent call last):
          ...
        cockpit_gateway.egress.policy.ForbiddenAddressError: 192.168.1.5 is a private address, which needs allow_private
    """

    private: bool | tuple[Network, ...] = False

    def check(self, address: str) -> None:
        """Refuse an address that requests must not go to.

        Args:
            address: An IP address as a socket gives it, with a scope or without.

        Raises:
            ForbiddenAddressError: it must not be reached.
        """
        parsed = ipaddress.ip_address(address.partition("%")[0])
        kind = kind_of(parsed)
        if kind.reach is Reach.NEVER:
            raise ForbiddenAddressError(f"{parsed} is {kind.name}, which is never allowed")
        if kind.reach is Reach.PRIVATE and not self._allows_private(parsed):
            needed = "allow_private" if self.private is False else "to be in one of its networks of allow_private"
            raise ForbiddenAddressError(f"{parsed} is {kind.name}, which needs {needed}")

    def check_host(self, host: str) -> None:
        """Refuse a host of a URL that is written as a forbidden address, in whatever spelling; a name passes.

        Raises:
            ForbiddenAddressError: it is an address that must not be reached.
        """
        address = literal_address(host)
        if address is not None:
            self.check(str(address))

    def _allows_private(self, address: Address) -> bool:
        if isinstance(self.private, bool):
            return self.private
        places = [address, embedded_address(address) or address]
        return any(place in network for place in places for network in self.private)


OF_PROXIES = NetworkPolicy(private=True)
"""What a proxy's own address may be."""


def literal_address(host: str) -> Address | None:
    """Return the address that a URL's host is, as resolvers read it: also decimal, octal, hexadecimal and short.

    Args:
        host: The host of a URL, an IPv6 address without its brackets.

    Returns:
        The address, None for a name.

    Example:
        >>> literal_address("0x7f.1"), literal_address("2130706433"), literal_address("example.org")
        (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), None)
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None
