"""Which addresses requests may go to."""

from __future__ import annotations

import socket
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.egress.policy import ForbiddenAddressError, NetworkPolicy, literal_address

LAN = NetworkPolicy(private=(ip_network("10.1.0.0/16"), ip_network("fd12::/16")))
ANY_PRIVATE = NetworkPolicy(private=True)

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "0x7F.1",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_this_machine_is_this_machine_in_every_spelling(host: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="is a loopback address, which needs allow_private"):
        NetworkPolicy().check_host(host)
    ANY_PRIVATE.check_host(host)


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1%eth0"])
@pytest.mark.parametrize("policy", [NetworkPolicy(), LAN, ANY_PRIVATE])
def test_metadata_is_never_allowed(policy: NetworkPolicy, host: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="where clouds keep their metadata, which is never allowed"):
        policy.check_host(host)


@pytest.mark.parametrize("host", ["example.org", "localhost", "127.0.0.1.nip.io", "1e3", "", "256.1.1.1", "1.2.3.4.5"])
def test_a_name_passes_until_it_is_resolved(host: str) -> None:
    assert literal_address(host) is None
    NetworkPolicy().check_host(host)


@pytest.mark.parametrize("address", ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "fd12::1", "8.8.8.8"])
def test_the_networks_that_are_named_are_allowed(address: str) -> None:
    LAN.check(address)


@pytest.mark.parametrize("address", ["10.2.0.0", "10.0.255.255", "127.0.0.1", "fd13::1", "::ffff:10.2.0.0"])
def test_other_private_ones_are_not(address: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="needs to be in one of its networks of allow_private"):
        LAN.check(address)


@given(st.one_of(st.ip_addresses(v=4).map(str), st.from_regex(r"[0-9a-fx.]{1,16}", fullmatch=True)))
def test_an_address_is_read_as_the_resolver_reads_it(host: str) -> None:
    try:
        info = socket.getaddrinfo(host, 80, family=socket.AF_INET, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return
    assert str(literal_address(host)) == info[0][4][0]
