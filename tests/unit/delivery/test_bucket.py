from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.targets import Rate


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
