from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cockpit_gateway.cli.times import local, moment, relative, span

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_is_shown_in_the_local_time_zone() -> None:
    assert local("2026-11-23T20:30:00.500Z") == "2026-11-24 05:30:00"


def test_no_time_stays_none() -> None:
    assert local(None) is None


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2026-11-23T12:04:10.000Z", "in 4 min 10 s"),
        ("2026-11-23T11:59:48.000Z", "12 s ago"),
        ("2026-11-23T12:00:00.400Z", "now"),
        ("2026-11-20T09:00:00.000Z", "3 d 3 h ago"),
    ],
)
def test_relative_times(iso: str, shown: str) -> None:
    assert relative(iso, NOON) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 ms"), (0.0123, "12 ms"), (1, "1 s"), (61, "1 min 1 s"), (3600, "1 h"), (90061, "1 d 1 h")],
)
def test_spans(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", 200_000 - 7200),
        ("1d12h", 200_000 - 129_600),
        ("1970-01-02T00:00:00Z", 86_400),
        ("1970-01-02T01:00+01:00", 86_400),
    ],
)
def test_a_moment_is_how_long_ago_or_a_time(text: str, expected: int) -> None:
    found = moment(text, datetime.fromtimestamp(200_000, UTC))
    assert datetime.fromisoformat(found).timestamp() == expected


def test_a_moment_without_a_zone_is_local() -> None:
    assert datetime.fromisoformat(moment("2026-11-20T08:00")) == datetime(2026, 11, 20, 8).astimezone()


@pytest.mark.parametrize(
    ("text", "message"), [("10", "Write 10h"), ("yesterday", "like 2h"), ("", "like 2h"), ("-2h", "like 2h")]
)
def test_what_is_no_moment_says_what_was_meant(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        moment(text)
