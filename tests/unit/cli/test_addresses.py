from __future__ import annotations

import base64
from pathlib import Path

import pytest

from cockpit_gateway.cli.addresses import configured, named
from cockpit_gateway.cli.posting import Address
from cockpit_gateway.config import Settings
from cockpit_gateway.errors import GatewayError


def settings(listen: str = "127.0.0.1:8787", /, **sources: object) -> Settings:
    return Settings.model_validate({"server": {"listen": listen}, "sources": sources})


def test_the_only_source_needs_no_name() -> None:
    address = configured(settings(website={"tokens": ["t1", "t2"]}), None, None, None)
    assert address == Address("http://127.0.0.1:8787/cockpit/website", (("X-Gateway-Token", "t1"),))


def test_a_label_is_the_last_part_of_the_path() -> None:
    address = configured(settings(website={}), None, "saves & removes/1", None)
    assert address == Address("http://127.0.0.1:8787/cockpit/website/saves%20%26%20removes%2F1")


def test_a_given_token_goes_before_the_configured_one() -> None:
    found = configured(settings(shop={"tokens": ["t1"], "header": "X-Shop"}, website={}), "shop", None, "mine")
    assert found.headers == (("X-Shop", "mine"),)


@pytest.mark.parametrize(
    ("listen", "base"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        (":80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("[::1]:80", "http://[::1]:80"),
        ("gateway.example.org:80", "http://gateway.example.org:80"),
    ],
)
def test_the_address_is_one_that_this_machine_reaches(listen: str, base: str) -> None:
    assert configured(settings(listen, website={}), None, None, None).url == f"{base}/cockpit/website"


def test_a_unix_socket_is_gone_through() -> None:
    address = configured(settings("unix:/run/gateway.sock", website={}), None, None, None)
    assert address == Address("http://localhost/cockpit/website", socket=Path("/run/gateway.sock"))


def test_a_named_url_takes_the_token_as_basic_authentication() -> None:
    credentials = base64.b64encode(b"cockpit:secret").decode()
    address = named("http://example.org/cockpit/website", "secret")
    assert address == Address("http://example.org/cockpit/website", (("Authorization", f"Basic {credentials}"),))
    assert named("http://example.org/x", None) == Address("http://example.org/x")


@pytest.mark.parametrize(
    ("sources", "chosen", "message"),
    [
        ({}, None, "has no source"),
        ({"website": {}, "shop": {}}, None, "--source: website, shop"),
        ({"website": {}, "shop": {}}, "blog", "no source 'blog'; there is: website, shop"),
        ({}, "blog", "no source 'blog'; there is: none"),
    ],
)
def test_what_is_not_clear_is_said(sources: dict[str, object], chosen: str | None, message: str) -> None:
    with pytest.raises(GatewayError, match=message):
        configured(settings(**sources), chosen, None, None)
