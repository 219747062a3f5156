"""Durations that were counted in buckets still tell their quantiles."""

from __future__ import annotations

import random

import pytest

from cockpit_gateway.store.activity import SHORTEST, Period, Times, bucket


def counted(seconds: list[float]) -> Times:
    return Times(map(bucket, seconds))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("scale", [0.002, 1.0, 4000.0])
def test_a_quantile_is_off_by_some_per_cent_only(share: float, scale: float) -> None:
    chance = random.Random(7)
    seconds = sorted(scale * chance.lognormvariate(0, 1) for _ in range(10_000))
    exact = seconds[round(share * len(seconds))]
    assert counted(seconds).quantile(share) == pytest.approx(exact, rel=0.06)


def test_of_one_duration_a_quantile_is_near_it() -> None:
    assert counted([3.0]).quantile(0.95) == pytest.approx(3.0, rel=0.26)


def test_without_durations_there_is_no_quantile() -> None:
    assert Times().quantile(0.5) is None
    assert Times({3: 0}).quantile(0.5) is None


def test_counts_of_two_processes_make_one_distribution() -> None:
    both = counted([0.1] * 90)
    both.update(counted([8.0] * 10))
    assert both.quantile(0.5) == pytest.approx(0.1, rel=0.26)
    assert both.quantile(0.95) == pytest.approx(8.0, rel=0.26)


@pytest.mark.parametrize("seconds", [-3600.0, 0.0, SHORTEST / 2])
def test_a_clock_that_was_turned_back_makes_short_times(seconds: float) -> None:
    assert bucket(seconds) == bucket(SHORTEST)


def test_a_period_up_to_now_has_whole_steps_and_ends_with_the_one_under_way() -> None:
    hour = Period.last(3600, 60, now=7261.0)
    assert (hour.since, hour.until, len(hour.steps), hour.span) == (3720, 7320, 60, 60)
    day = Period.last(86400, 3600, now=86400 * 3 + 1.0)
    assert (day.since, day.until, len(day.steps), day.span) == (86400 * 2 + 3600, 86400 * 3 + 3600, 24, 3600)
