"""Where to listen, and whether other machines can connect there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit_gateway.config.listen import Listen, parse_listen


@pytest.mark.parametrize(
    ("written", "expected", "is_local"),
    [
        ("127.0.0.1:8787", Listen("127.0.0.1", 8787), True),
        ("127.0.0.2:0", Listen("127.0.0.2", 0), True),
        ("[::1]:8787", Listen("::1", 8787), True),
        ("localhost:80", Listen("localhost", 80), True),
        ("unix:/run/gateway.sock", Listen("", 0, Path("/run/gateway.sock")), True),
        ("unix:data/x.sock", Listen("", 0, Path("data/x.sock")), True),
        ("0.0.0.0:8787", Listen("0.0.0.0", 8787), False),
        (":8787", Listen("0.0.0.0", 8787), False),
        ("[::]:8787", Listen("::", 8787), False),
        ("192.0.2.1:65535", Listen("192.0.2.1", 65535), False),
        ("gateway.example.org:80", Listen("gateway.example.org", 80), False),
        ("localhost.example.org:80", Listen("localhost.example.org", 80), False),
        ("[fe80::1%eth0]:80", Listen("fe80::1%eth0", 80), False),
    ],
)
def test_addresses(written: str, expected: Listen, is_local: bool) -> None:
    assert parse_listen(written) == expected
    assert parse_listen(expected) == expected
    assert parse_listen(str(expected)) == expected
    assert expected.is_local is is_local


@pytest.mark.parametrize(
    "written",
    [
        *(None, 8787, True, [], "", "127.0.0.1", "8787", "::1:8787", "[::1]", "[::1:80", "[x]:80", "[]:80"),
        *("127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8_0", "127.0.0.1:", "127.0.0.1:٣", "a b:80", "*:80"),
        *("http://127.0.0.1:80", "unix:", "127.0.0.1:80\n", "a/b:80", "127.0.0.1:0000080"),
    ],
)
def test_no_addresses(written: object) -> None:
    with pytest.raises(ValueError, match=r"^expected an address like 127\.0\.0\.1:8787, .*, got "):
        parse_listen(written)
