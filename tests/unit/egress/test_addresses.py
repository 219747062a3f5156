"""Every special range of IPv4 and IPv6: its first and its last address, and what is beside it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.egress.addresses import Reach, embedded_address, kind_of

PUBLIC, PRIVATE, NEVER = Reach.PUBLIC, Reach.PRIVATE, Reach.NEVER

RANGES = [
    # IPv4: https://www.iana.org/assignments/iana-ipv4-special-registry
    ("0.0.0.0/8", NEVER),
    ("10.0.0.0/8", PRIVATE),
    ("100.64.0.0/10", PRIVATE),
    ("127.0.0.0/8", PRIVATE),
    ("169.254.0.0/16", NEVER),
    ("172.16.0.0/12", PRIVATE),
    ("192.0.0.0/29", NEVER),
    ("192.0.0.8/32", NEVER),
    ("192.0.0.9/32", PUBLIC),
    ("192.0.0.10/32", PUBLIC),
    ("192.0.0.170/31", NEVER),
    ("192.0.0.192/32", NEVER),
    ("192.0.2.0/24", NEVER),
    ("192.31.196.0/24", PUBLIC),
    ("192.52.193.0/24", PUBLIC),
    ("192.88.99.0/24", NEVER),
    ("192.168.0.0/16", PRIVATE),
    ("192.175.48.0/24", PUBLIC),
    ("198.18.0.0/15", PRIVATE),
    ("198.51.100.0/24", NEVER),
    ("203.0.113.0/24", NEVER),
    ("224.0.0.0/4", NEVER),
    ("240.0.0.0/4", NEVER),
    ("255.255.255.255/32", NEVER),
    # metadata of clouds beside 169.254.169.254
    ("100.100.100.200/32", NEVER),
    ("168.63.129.16/32", NEVER),
    ("fd00:ec2::254/128", NEVER),
    ("fd20:ce::254/128", NEVER),
    ("fd00:c1::a9fe:a9fe/128", NEVER),
    ("fd00:42::42/128", NEVER),
    ("fd00:a9fe:a9fe::1/128", NEVER),
    ("fd00:100::100:200/128", NEVER),
    # IPv6: https://www.iana.org/assignments/iana-ipv6-special-registry
    ("::/128", NEVER),
    ("::1/128", PRIVATE),
    ("::2/128", NEVER),
    ("::7f00:1/128", NEVER),
    ("100::/64", NEVER),
    ("100:0:0:1::/64", NEVER),
    ("2001:1::1/128", PUBLIC),
    ("2001:1::2/128", PUBLIC),
    ("2001:1::3/128", PUBLIC),
    ("2001:2::/48", PRIVATE),
    ("2001:3::/32", PUBLIC),
    ("2001:4:112::/48", PUBLIC),
    ("2001:5::/32", NEVER),
    ("2001:10::/28", NEVER),
    ("2001:20::/28", PUBLIC),
    ("2001:30::/28", PUBLIC),
    ("2001:db8::/32", NEVER),
    ("2620:4f:8000::/48", PUBLIC),
    ("3fff::/20", NEVER),
    ("4000::/2", NEVER),
    ("5f00::/16", NEVER),
    ("fc00::/8", PRIVATE),
    ("fe00::/9", NEVER),
    ("fe80::/10", NEVER),
    ("fec0::/10", PRIVATE),
    ("ff00::/8", NEVER),
    ("ff02::1/128", NEVER),
    # ordinary addresses
    ("1.1.1.1/32", PUBLIC),
    ("9.255.255.255/32", PUBLIC),
    ("11.0.0.0/32", PUBLIC),
    ("100.63.255.255/32", PUBLIC),
    ("100.128.0.0/32", PUBLIC),
    ("126.255.255.255/32", PUBLIC),
    ("128.0.0.0/32", PUBLIC),
    ("169.253.255.255/32", PUBLIC),
    ("172.15.255.255/32", PUBLIC),
    ("172.32.0.0/32", PUBLIC),
    ("192.167.255.255/32", PUBLIC),
    ("192.169.0.0/32", PUBLIC),
    ("198.17.255.255/32", PUBLIC),
    ("198.20.0.0/32", PUBLIC),
    ("223.255.255.255/32", PUBLIC),
    ("2600::/16", PUBLIC),
    ("2a00::/12", PUBLIC),
]


@pytest.mark.parametrize(("network", "reach"), RANGES)
def test_a_range_is_what_it_is_from_its_first_to_its_last_address(network: str, reach: Reach) -> None:
    parsed = ipaddress.ip_network(network)
    assert (kind_of(parsed[0]).reach, kind_of(parsed[-1]).reach) == (reach, reach)


CARRIERS = {
    "mapped": lambda v4: int(ipaddress.ip_address("::ffff:0:0")) | v4,
    "nat64": lambda v4: int(ipaddress.ip_address("64:ff9b::")) | v4,
    "6to4": lambda v4: 0x2002 << 112 | v4 << 80 | 1,
    "teredo": lambda v4: 0x20010000 << 96 | (v4 ^ 0xFFFFFFFF),
    "isatap": lambda v4: int(ipaddress.ip_address("2600::5efe:0:0")) | v4,
    "isatap of a unique address": lambda v4: int(ipaddress.ip_address("2600::200:5efe:0:0")) | v4,
}


@pytest.mark.parametrize("carrier", CARRIERS)
@given(v4=st.integers(0, 2**32 - 1))
def test_an_address_inside_another_one_counts(carrier: str, v4: int) -> None:
    carried = ipaddress.IPv4Address(v4)
    address = ipaddress.IPv6Address(CARRIERS[carrier](v4))
    assert embedded_address(address) == carried
    assert kind_of(address) == kind_of(carried)


@given(v4=st.integers(0, 2**32 - 1))
def test_nat64_of_local_use_is_private_at_least(v4: int) -> None:
    address = ipaddress.IPv6Address(int(ipaddress.ip_address("64:ff9b:1::")) | v4)
    carried = kind_of(ipaddress.IPv4Address(v4)).reach
    assert kind_of(address).reach is (NEVER if carried is NEVER else PRIVATE)


@given(st.ip_addresses())
def test_every_address_is_something(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert kind_of(address).name


@given(st.ip_addresses())
def test_what_python_calls_global_is_the_only_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if kind_of(address).reach is PUBLIC and embedded_address(address) is None:
        assert address.is_global or str(address).startswith(("192.0.0.", "2001:"))


def test_an_address_with_two_inside_leads_to_that_of_its_network() -> None:
    address = ipaddress.IPv6Address("2002:a9fe:a9fe::5efe:8.8.8.8")  # 6to4 by its network, ISATAP by its end
    assert kind_of(address).reach is NEVER
