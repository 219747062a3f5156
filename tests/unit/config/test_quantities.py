"""Durations, sizes and rates, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.config.quantities import parse_duration, parse_rate, parse_size
from cockpit_gateway.targets import Rate

ODD: list[object] = [
    None,
    True,
    [],
    {},
    "",
    " ",
    "x",
    "-1s",
    "1 s 2",
    "٣s",
    "1.s",
    ".5s",
    "1e3s",
    "nan",
    "inf",
    "1_0s",
    b"1s",
]
BEYOND: list[object] = [-1, -0.5, float("nan"), float("inf"), 10**400, "9" * 400, "9" * 400 + "s"]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("1m30s500ms", 90.5),
        (" 10 s ", 10),
        ("0s", 0),
        (90, 90),
        (0.5, 0.5),
        ("30", 30),
        ("1.5", 1.5),
    ],
)
def test_durations(written: object, seconds: float) -> None:
    assert parse_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", [*ODD, *BEYOND, "10 seconds", "5m30", "1y", "5S", "1s,2s"])
def test_no_durations(written: object) -> None:
    with pytest.raises(ValueError, match=r"^expected a duration like 30s, 5m or 1h30m, got "):
        parse_duration(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("16 MiB", 16 * 1024**2),
        ("4KiB", 4096),
        ("500kB", 500_000),
        ("500 KB", 500_000),
        ("1.5 GiB", 3 * 1024**3 // 2),
        ("2GB", 2 * 10**9),
        ("10 B", 10),
        ("1024", 1024),
        (1024, 1024),
        (1024.0, 1024),
        (0, 0),
    ],
)
def test_sizes(written: object, size: int) -> None:
    found = parse_size(written)

    assert found == size
    assert isinstance(found, int)


@pytest.mark.parametrize("written", [*ODD, *BEYOND, "16 M", "16 MB and more", "1 TB", 1.5, "1.5", "MiB"])
def test_no_sizes(written: object) -> None:
    with pytest.raises(ValueError, match=r"^expected a size like 16 MiB or 500 kB, got "):
        parse_size(written)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("50/s", Rate(50, 1)),
        ("100/m", Rate(100, 60)),
        ("5/h", Rate(5, 3600)),
        ("1/d", Rate(1, 86400)),
        ("0.5/s", Rate(0.5, 1)),
        (" 50 / s ", Rate(50, 1)),
    ],
)
def test_rates(written: object, rate: Rate) -> None:
    assert parse_rate(written) == rate


@pytest.mark.parametrize(
    "written", [*ODD, *BEYOND, 50, "50", "0/s", "0.0/h", "50/", "/s", "50/ms", "50/second", "1/2s"]
)
def test_no_rates(written: object) -> None:
    with pytest.raises(ValueError, match=r"^expected a rate like 50/s, 100/m or 5/h, got "):
        parse_rate(written)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
