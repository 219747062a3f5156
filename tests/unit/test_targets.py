from __future__ import annotations

import math

import pytest
from fuzzing import examples
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.targets import DEFAULT_DELAYS, Rate, RetrySchedule, Target

EXACT = RetrySchedule(jitter=0.0)

seconds = st.floats(min_value=0, max_value=1e6)
schedules = st.builds(
    RetrySchedule, st.lists(seconds, min_size=1, max_size=12).map(tuple), st.floats(min_value=0, max_value=1)
)


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
    assert EXACT.next_delay(500, age=60.0, asked=0.1) == 6.0
    assert EXACT.next_delay(500, age=60.0) == DEFAULT_DELAYS[-1]
    assert EXACT.next_delay(500, age=EXACT.span, asked=0.1) is None


def test_a_schedule_of_one_attempt_gives_up_at_once() -> None:
    assert RetrySchedule((0.0,)).next_delay(1, age=0.0) is None
    assert RetrySchedule((0.0,)).next_delay(1, age=0.0, asked=5.0) is None


def test_exponential_grows_to_its_longest_delay() -> None:
    assert RetrySchedule.exponential(first=10, factor=10, longest=500, attempts=5).delays == (0, 10, 100, 500, 500)


@examples(100)
@given(
    st.builds(
        RetrySchedule.exponential,
        first=seconds,
        factor=st.floats(min_value=1, max_value=1000),
        longest=seconds,
        attempts=st.integers(min_value=1, max_value=100),
    )
)
def test_exponential_delays_begin_at_once_and_never_shrink(schedule: RetrySchedule) -> None:
    first, *others = schedule.delays
    assert first == 0
    assert others == sorted(others)
    assert all(map(math.isfinite, others))


@examples(200)
@given(schedules, st.integers(min_value=1, max_value=50), seconds)
def test_a_delay_is_never_longer_than_the_longest_with_its_jitter(
    schedule: RetrySchedule, attempts: int, age: float
) -> None:
    delay = schedule.next_delay(attempts, age=age)
    if delay is not None:
        assert 0 <= delay <= max(schedule.delays) * (1 + schedule.jitter)


@examples(200)
@given(schedules, st.integers(min_value=1, max_value=50), seconds, st.none() | seconds)
def test_it_gives_up_only_when_attempts_and_time_are_used_up(
    schedule: RetrySchedule, attempts: int, age: float, asked: float | None
) -> None:
    gave_up = schedule.next_delay(attempts, age=age, asked=asked) is None
    assert gave_up == (attempts >= len(schedule.delays) and age >= schedule.span / 2)


@examples(100)
@given(schedules.filter(lambda schedule: schedule.jitter <= 0.49), seconds)
def test_a_target_that_asks_for_nothing_gets_as_many_attempts_as_there_are_delays(
    schedule: RetrySchedule, held: float
) -> None:
    assert attempts_made(schedule, held=held) == len(schedule.delays)


@examples(100)
@given(schedules, st.floats(min_value=1, max_value=1e4))
def test_a_target_that_asks_for_delays_is_given_up_in_the_end(schedule: RetrySchedule, asked: float) -> None:
    schedule = RetrySchedule(tuple(min(delay, 1e4) for delay in schedule.delays), schedule.jitter)
    most = max(len(schedule.delays), 2 + schedule.span / 2 / asked)
    assert len(schedule.delays) <= attempts_made(schedule, asked=asked) <= most


def attempts_made(schedule: RetrySchedule, *, held: float = 0.0, asked: float | None = None) -> int:
    """Return how many attempts a delivery gets that always fails, and was held for some seconds before the first."""
    age, attempts = held + schedule.delays[0] * (1 - schedule.jitter), 1
    while (delay := schedule.next_delay(attempts, age=age, asked=asked)) is not None:
        age += delay
        attempts += 1
    return attempts


@pytest.mark.parametrize(("rate", "per_second"), [(Rate(50), 50.0), (Rate(90, 60.0), 1.5)])
def test_a_rate_is_read_per_second(rate: Rate, per_second: float) -> None:
    assert rate.per_second == per_second


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b", "\ud800", "\x1b[2J"])
def test_a_target_has_a_name_that_can_be_shown_and_kept(name: str) -> None:
    with pytest.raises(ValueError, match="has 1 to 200 printable characters"):
        Target(name)
