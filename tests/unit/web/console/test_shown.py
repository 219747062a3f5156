"""How pages show times, sizes and shares."""

from __future__ import annotations

import pytest

from cockpit_gateway.web.console import shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.999, "999 ms"),
        (1, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172800, "2 d"),
        (1e9, "11574 d"),
    ],
)
def test_a_length_of_time_has_one_unit(seconds: float, text: str) -> None:
    assert shown.span(seconds) == text


@pytest.mark.parametrize(("at", "text"), [(100, "now"), (98, "2 s ago"), (103, "in 3 s"), (99.5, "now")])
def test_a_moment_is_told_as_seen_from_now(at: float, text: str) -> None:
    assert shown.relative(at, 100) == text


def test_a_moment_has_the_exact_one_with_it() -> None:
    assert shown.moment(0.25, 0.25) == (
        '<time datetime="1970-01-01T00:00:00.250+00:00" title="1970-01-01 00:00:00.250 UTC">now</time>'
    )
    assert "<time" not in shown.moment(None, 0)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10 << 20, "10.0 MiB"), (3 << 50, "3072.0 TiB")],
)
def test_sizes(count: int, text: str) -> None:
    assert shown.size(count) == text


@pytest.mark.parametrize(("share", "text"), [(0, "0.0 %"), (0.99999, "99.9 %"), (1, "100 %"), (0.0004, "0.0 %")])
def test_what_is_not_all_is_not_shown_as_all(share: float, text: str) -> None:
    assert shown.percent(share) == text
