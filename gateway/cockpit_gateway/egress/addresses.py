"""What kind of place an IP address is: public, private, or one that no request may ever reach.

The ranges are those of IANA's special-purpose address registries (RFC 6890) and, beside them, the addresses at which
clouds keep credentials of the machine.
"""

from __future__ import annotations

import ipaddress
from enum import Enum
from typing import NamedTuple, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reach(Enum):
    """From where an address can be reached, the more forbidden the later."""

    PUBLIC = 0
    PRIVATE = 1
    NEVER = 2


class Kind(NamedTuple):
    """What an address is.

    Attributes:
        reach: From where it can be reached.
        name: In words: "a loopback address".
    """

    reach: Reach
    name: str


PUBLIC = Kind(Reach.PUBLIC, "a public address")

_LOOPBACK = Kind(Reach.PRIVATE, "a loopback address")
_PRIVATE = Kind(Reach.PRIVATE, "a private address")
_SHARED = Kind(Reach.PRIVATE, "an address of a carrier's shared network")
_BENCHMARK = Kind(Reach.PRIVATE, "an address for benchmarks")
_METADATA = Kind(Reach.NEVER, "a cloud's metadata address")
_LINK_LOCAL = Kind(Reach.NEVER, "a link-local address, where clouds keep their metadata")
_UNSPECIFIED = Kind(Reach.NEVER, "no address of any machine")
_MULTICAST = Kind(Reach.NEVER, "a multicast address")
_DOCUMENTATION = Kind(Reach.NEVER, "an address for documentation")
_RESERVED = Kind(Reach.NEVER, "a reserved address")

_KINDS: dict[Kind, str] = {
    _LOOPBACK: "127.0.0.0/8 ::1/128",
    _PRIVATE: "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10 64:ff9b:1::/48",
    _SHARED: "100.64.0.0/10",
    _BENCHMARK: "198.18.0.0/15 2001:2::/48",
    _METADATA: "100.100.100.200/32 168.63.129.16/32 192.0.0.192/32 fd00:ec2::/32 fd20:ce::254/128 "
    "fd00:c1::a9fe:a9fe/128 fd00:42::42/128 fd00:a9fe:a9fe::1/128 fd00:100::100:200/128",
    _LINK_LOCAL: "169.254.0.0/16 fe80::/10",
    _UNSPECIFIED: "0.0.0.0/8 ::/128",
    _MULTICAST: "224.0.0.0/4 ff00::/8",
    _DOCUMENTATION: "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
    _RESERVED: "192.0.0.0/24 192.88.99.0/24 240.0.0.0/4 ::/0 2001::/23",
    PUBLIC: "0.0.0.0/0 2000::/3 ::ffff:0:0/96 64:ff9b::/96 2001::/32 192.0.0.9/32 192.0.0.10/32 "
    "2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28",
}
"""The ranges of each kind; of several that hold an address, the narrowest counts."""

_RANGES = sorted(
    ((ipaddress.ip_network(text), kind) for kind, texts in _KINDS.items() for text in texts.split()),
    key=lambda item: -item[0].prefixlen,
)

_EMBEDDING = {
    ipaddress.IPv6Network(text): shift
    for text, shift in {
        "::ffff:0:0/96": 0,  # IPv4-mapped (RFC 4291)
        "64:ff9b::/96": 0,  # NAT64 (RFC 6052)
        "64:ff9b:1::/48": 0,  # NAT64 of local use (RFC 8215)
        "2002::/16": 80,  # 6to4 (RFC 3056)
    }.items()
}
"""IPv6 ranges whose addresses lead to an IPv4 address inside them, and how far that is from the right end, in bits."""

_TEREDO = ipaddress.IPv6Network("2001::/32")
"""Its addresses lead to the IPv4 address in the last 32 bits, inverted (RFC 4380)."""


_ISATAP = 0x5EFE
"""Addresses with this before their last 32 bits lead to the IPv4 address in those, in any network (RFC 5214)."""


def kind_of(address: Address) -> Kind:
    """Return what an address is; of one that leads to another one, the more forbidden of the two.

    Args:
        address: As it is connected to.

    Example:
        >>> kind_of(ipaddress.ip_address("10.0.0.1")).reach, kind_of(ipaddress.ip_address("::ffff:169.254.1.1")).reach
        (<Reach.PRIVATE: 1>, <Reach.NEVER: 2>)
    """
    embedded = embedded_address(address)
    kinds = [_own_kind(address)] if embedded is None else [_own_kind(embedded), _own_kind(address)]
    return max(kinds, key=lambda kind: kind.reach.value)


def embedded_address(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, None if it leads to none."""
    if isinstance(address, ipaddress.IPv4Address) or int(address) <= 1:  # :: and ::1
        return None
    if address in _TEREDO:
        return ipaddress.IPv4Address(~int(address) & 0xFFFFFFFF)
    shift = next((shift for network, shift in _EMBEDDING.items() if address in network), None)
    if shift is None and int(address) >> 32 & 0xFCFFFFFF == _ISATAP:  # two bits tell other things
        shift = 0
    return None if shift is None else ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)


def _own_kind(address: Address) -> Kind:
    return next(kind for network, kind in _RANGES if address.version == network.version and address in network)
