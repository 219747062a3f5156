from __future__ import annotations

import socket

import pytest

from cockpit_gateway.cli.welcome import public_url
from cockpit_gateway.config import Settings


@pytest.mark.parametrize(
    ("listen", "address", "url"),
    [
        ("127.0.0.1:8787", "http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("0.0.0.0:8787", "http://0.0.0.0:8787", f"http://{socket.gethostname()}:8787"),
        ("[::]:8787", "http://[::]:8787", f"http://{socket.gethostname()}:8787"),
        ("unix:/run/g.sock", "unix:/run/g.sock", "your web server, which passes on to unix:/run/g.sock:"),
    ],
)
def test_cockpit_is_told_an_address_that_it_can_reach(listen: str, address: str, url: str) -> None:
    settings = Settings.model_validate({"server": {"listen": listen}})
    assert public_url(settings, address) == url
