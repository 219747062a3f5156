"""Networks, as they may be written."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from cockpit_gateway.config.networks import parse_network, parse_proxy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/32", "192.0.2.7/32"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::1", "::1/128"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ],
)
def test_what_is_meant(written: str, meant: str) -> None:
    assert parse_network(written) == ip_network(meant)
    assert parse_network(parse_network(written)) == ip_network(meant)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("10.0.0.1/8", "10.0.0.1/8 is an address within a network; write 10.0.0.0/8 for all of it"),
        ("2001:db8::1/32", "2001:db8::1/32 is an address within a network; write 2001:db8::/32 for all of it"),
        ("localhost", "expected a network like 10.0.0.0/8 or an address like 2001:db8::1, got 'localhost'"),
        ("10.1", "expected a network like 10.0.0.0/8 or an address like 2001:db8::1, got '10.1'"),
        ("", "expected a network like 10.0.0.0/8 or an address like 2001:db8::1, got ''"),
        (10, "expected a network like 10.0.0.0/8 or an address like 2001:db8::1, got the number 10"),
        ("unix", "expected a network like 10.0.0.0/8 or an address like 2001:db8::1, got 'unix'"),
    ],
)
def test_what_is_none(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=r"^") as refused:
        parse_network(written)
    assert str(refused.value) == message


def test_a_proxy_may_be_the_unix_socket() -> None:
    assert parse_proxy("unix") == "unix"
    assert parse_proxy("127.0.0.1") == ip_network("127.0.0.1")
