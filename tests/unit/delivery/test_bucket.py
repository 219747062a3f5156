from __future__ import annotations

import pytest
from fuzzing import examples
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.targets import Rate

rates = st.builds(Rate, st.floats(min_value=0.1, max_value=1000), st.sampled_from([1.0, 60.0, 3600.0, 86400.0]))
steps = st.lists(st.floats(min_value=0, max_value=10), max_size=60)


def test_a_burst_of_one_second_and_then_the_rate() -> None:
    bucket = TokenBucket(Rate(3), now=100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    wait = bucket.take(100.0)
    assert 0 < wait <= 1 / 3
    assert bucket.take(100.0 + wait) == 0.0


def test_a_slow_rate_still_lets_one_through_at_once() -> None:
    bucket = TokenBucket(Rate(1, 60.0), now=0.0)
    assert bucket.take(0.0) == 0.0
    assert bucket.take(0.0) == 60.0


def test_a_clock_turned_back_gives_no_tokens_and_takes_none() -> None:
    bucket = TokenBucket(Rate(1), now=100.0)
    assert bucket.take(100.0) == 0.0
    assert bucket.take(50.0) == 1.0
    assert bucket.take(51.0) == 0.0


@given(st.lists(st.floats(min_value=0, max_value=2), max_size=200), st.integers(min_value=1, max_value=20))
def test_never_more_than_the_rate_allows(steps: list[float], rate: int) -> None:
    bucket = TokenBucket(Rate(rate), now=0.0)
    now, taken = 0.0, 0
    for step in steps:
        now += step
        taken += bucket.take(now) == 0.0
    assert taken <= rate + rate * now + 1e-6


@examples(200)
@given(rates, st.floats(min_value=0, max_value=1e6), steps)
def test_in_no_stretch_of_time_more_than_a_burst_and_the_rate(rate: Rate, now: float, steps: list[float]) -> None:
    bucket = TokenBucket(rate, now)
    burst = max(1.0, rate.per_second)
    taken: list[float] = []
    for step in steps:
        now += step
        while len(taken) < 300 and bucket.take(now) == 0.0:
            taken.append(now)
    for first, began in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + rate.per_second * (taken[last] - began) + 1e-3


@examples(200)
@given(rates, st.floats(min_value=0, max_value=1e6), steps)
def test_a_wait_gets_shorter_by_the_time_that_passes(rate: Rate, now: float, steps: list[float]) -> None:
    bucket = TokenBucket(rate, now)
    while (wait := bucket.take(now)) == 0.0:
        pass
    until = now + wait
    for step in steps:
        if now + step >= until:
            break
        now += step
        wait = bucket.take(now)
        assert wait == pytest.approx(until - now, abs=1e-6)


@examples(200)
@given(rates, st.floats(min_value=0, max_value=1e6), st.integers(min_value=1, max_value=50))
def test_who_waits_as_told_gets_a_token(rate: Rate, now: float, count: int) -> None:
    bucket = TokenBucket(rate, now)
    for _ in range(count):
        wait = bucket.take(now)
        assert 0 <= wait <= 1 / rate.per_second + 1e-6
        now += wait
        assert wait == 0.0 or bucket.take(now) < 1e-6
