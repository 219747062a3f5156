"""Networks: who may post, and which proxies are believed."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from cockpit_gateway.config.sentences import got

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network

UNIX: Literal["unix"] = "unix"
"""Whoever connects to the Unix socket."""

_MAPPED = 96
"""Bits before the IPv4 address in an IPv6 one that stands for it."""


def plain(address: IPAddress) -> IPAddress:
    """Return an address as IPv4 if it is an IPv4 one written as IPv6.

    Example:
        >>> plain(ipaddress.ip_address("::ffff:10.0.0.1"))
        IPv4Address('10.0.0.1')
    """
    return address if isinstance(address, IPv4Address) else address.ipv4_mapped or address


def parse_network(value: object) -> IPNetwork:
    """Return a network.

    Args:
        value: "10.0.0.0/8", "2001:db8::/32", or one address.

    Raises:
        ValueError: it is none.

    Example:
        >>> parse_network("10.0.0.0/8")
        IPv4Network('10.0.0.0/8')
    """
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        found = ipaddress.ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        raise ValueError(f"expected a network like 10.0.0.0/8 or an address like 2001:db8::1, {got(value)}") from None
    if isinstance(value, str) and "/" in value and str(found.network_address) != str(_address(value)):
        raise ValueError(f"{value} is an address within a network; write {found} for all of it")
    return _plain_network(found)


def parse_proxy(value: object) -> IPNetwork | Literal["unix"]:
    """Return the network of a proxy, or `UNIX`; see `parse_network`."""
    return UNIX if value == UNIX else parse_network(value)


def _address(text: str) -> IPAddress:
    return ipaddress.ip_address(text.partition("/")[0])


def _plain_network(network: IPNetwork) -> IPNetwork:
    mapped = None if isinstance(network, IPv4Network) else network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < _MAPPED:
        return network
    return IPv4Network((mapped, network.prefixlen - _MAPPED))


NetworkSetting = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(parse_network),
    WithJsonSchema({"type": "string", "examples": ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]}),
]
"""A network, or one address."""

ProxySetting = Annotated[
    IPv4Network | IPv6Network | Literal["unix"],
    BeforeValidator(parse_proxy),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1", "10.0.0.0/8", "unix"]}),
]
"""A network, one address, or `unix`."""
