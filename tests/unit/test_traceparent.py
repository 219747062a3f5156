"""Which `traceparent` headers are taken (W3C Trace Context, section 3.2)."""

from __future__ import annotations

import pytest

from cockpit_gateway.traceparent import valid

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("version", ["00", "01", "fe"])
def test_well_formed_ones_are(version: str) -> None:
    assert valid(f"{version}-{TRACE}-{PARENT}-00") == f"00-{TRACE}-{PARENT}-00"


def test_what_a_later_version_adds_is_left_out() -> None:
    assert valid(f"01-{TRACE}-{PARENT}-01-what-comes") == f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01\r\nX-Evil: 1",
        f"00-{TRACE}-{PARENT}-01-more",
        f"01-{TRACE}-{PARENT}-01-{'a' * 5000}",
    ],
)
def test_others_are_not(header: str | None) -> None:
    assert valid(header) is None
