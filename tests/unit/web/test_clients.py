"""The address of a request, however it is written."""

from __future__ import annotations

from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import make_mocked_request

from cockpit_gateway.web.clients import Clients, parse_address, peer_of
from cockpit_gateway.web.problems import Problem


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:80", "192.0.2.7"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:80", "::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::FFFF:c000:207]:80", "192.0.2.7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("192.0.2", None),
        ("192.0.2.07", None),
        ("192.0.2.7 ", None),
        ("192.0.2.7:80:90", None),
        ("[192.0.2.7", None),
        ("::ffff:192.0.2.7:80", None),
        ("1٢7.0.0.1", None),
    ],
)
def test_addresses(written: str, meant: str | None) -> None:
    assert parse_address(written) == (None if meant is None else ip_address(meant))


def test_a_peer_on_an_ipv6_socket_may_be_ipv4() -> None:
    assert peer_of(SimpleNamespace(remote="::ffff:127.0.0.1")) == ip_address("127.0.0.1")


def test_a_peer_that_has_gone_is_not_taken_for_a_unix_socket() -> None:
    assert peer_of(SimpleNamespace(remote="")) is None
    with pytest.raises(ValueError, match="None"):
        peer_of(SimpleNamespace(remote=None))


def test_a_log_names_the_peer_if_what_it_forwarded_is_not_believed() -> None:
    clients = Clients([])
    request = make_mocked_request("POST", "/", {"X-Forwarded-For": "192.0.2.7"}).clone(remote="203.0.113.9")
    assert clients.name(request) == "203.0.113.9"
    with pytest.raises(Problem, match=r"trusted_proxies: \[203.0.113.9\]"):
        clients.address(request)
