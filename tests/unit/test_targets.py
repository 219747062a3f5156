from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.targets import DEFAULT_DELAYS, Rate, RetrySchedule

EXACT = RetrySchedule(jitter=0.0)


def test_the_default_schedule_is_that_of_standard_webhooks() -> None:
    assert EXACT.delays == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert EXACT.span == 75 * 3600 + 35 * 60 + 5


def test_each_failed_attempt_waits_for_the_next_delay() -> None:
    age = 0.0
    waited = []
    for attempts in range(1, len(DEFAULT_DELAYS)):
        delay = EXACT.next_delay(attempts, age=age)
        assert delay is not None
        waited.append(delay)
        age += delay
    assert waited == list(DEFAULT_DELAYS[1:])
    assert EXACT.next_delay(len(DEFAULT_DELAYS), age=age) is None


@given(st.integers(min_value=1, max_value=9), st.floats(min_value=0, max_value=1e9))
def test_jitter_stays_within_a_fifth(attempts: int, age: float) -> None:
    delay = RetrySchedule().next_delay(attempts, age=age)
    assert delay is not None
    assert 0.8 * DEFAULT_DELAYS[attempts] <= delay <= 1.2 * DEFAULT_DELAYS[attempts]


def test_delays_that_were_asked_for_do_not_shorten_a_deliverys_life() -> None:
    assert EXACT.next_delay(500, age=60.0, asked=0.1) == 0.1
    assert EXACT.next_delay(500, age=60.0) == DEFAULT_DELAYS[-1]
    assert EXACT.next_delay(500, age=EXACT.span, asked=0.1) is None


def test_a_schedule_of_one_attempt_gives_up_at_once() -> None:
    assert RetrySchedule((0.0,)).next_delay(1, age=0.0) is None
    assert RetrySchedule((0.0,)).next_delay(1, age=0.0, asked=5.0) is None


def test_exponential_grows_to_its_longest_delay() -> None:
    assert RetrySchedule.exponential(first=10, factor=10, longest=500, attempts=5).delays == (0, 10, 100, 500, 500)


@pytest.mark.parametrize(("rate", "per_second"), [(Rate(50), 50.0), (Rate(90, 60.0), 1.5)])
def test_a_rate_is_read_per_second(rate: Rate, per_second: float) -> None:
    assert rate.per_second == per_second
