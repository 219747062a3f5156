from __future__ import annotations

import math
from dataclasses import replace

import pytest
from fuzzing import examples
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.deliveries import Cause, Delivery, DeliveryState, Outcome, Response, Work
from cockpit_gateway.delivery.verdict import LONGEST_REASON, Verdict, judge, settlement
from cockpit_gateway.errors import Reject, Retry
from cockpit_gateway.events import Event
from cockpit_gateway.targets import RetrySchedule, Target

TARGET = Target("t", schedule=RetrySchedule((0.0, 5.0, 60.0), jitter=0.0), longest_retry_after=100.0)
ANSWER = Response(503)


def work(attempts: int = 0) -> Work:
    delivery = Delivery("d", "e", 1, "p", "t", None, DeliveryState.RUNNING, attempts, due_at=1000.0, created_at=1000.0)
    return Work(delivery, Event("e", "error", "site", b"", 1000.0))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Retry("busy", after=7, response=ANSWER), Verdict(Outcome.RETRY, "busy", ANSWER, 7, cause=Cause.ANSWERED_5XX)),
        (Retry(), Verdict(Outcome.RETRY, "asked to retry", cause=Cause.ASKED)),
        (Reject("never", response=ANSWER), Verdict(Outcome.REJECTED, "never", ANSWER, cause=Cause.ANSWERED_5XX)),
        (
            Reject("gone", disable_target=True),
            Verdict(Outcome.REJECTED, "gone", disable_target=True, cause=Cause.REJECTED),
        ),
        (ValueError("two\nlines"), Verdict(Outcome.RETRY, "ValueError: two lines", cause=Cause.RAISED)),
        (KeyError(), Verdict(Outcome.RETRY, "KeyError", cause=Cause.RAISED)),
    ],
)
def test_what_was_raised_is_the_verdict(error: Exception, verdict: Verdict) -> None:
    assert judge(error) == verdict


def test_an_overrun_budget_says_so_whatever_was_raised() -> None:
    assert judge(TimeoutError(), overrun=1.5) == Verdict(
        Outcome.RETRY, "not finished within 1.5 s", cause=Cause.TIMEOUT
    )


def test_a_long_reason_is_cut() -> None:
    reason = judge(ValueError("x" * 10_000)).reason
    assert reason is not None
    assert len(reason) == LONGEST_REASON


def test_delivered_is_an_end() -> None:
    settled = settlement(work(), Verdict(Outcome.DELIVERED, response=ANSWER), TARGET, started_at=1000.0, duration=0.5)
    assert (settled.state, settled.reason) == (DeliveryState.DELIVERED, None)
    assert (settled.attempt.number, settled.attempt.duration, settled.attempt.response) == (1, 0.5, ANSWER)


def test_a_failed_attempt_is_due_again_after_the_schedules_delay() -> None:
    settled = settlement(work(), Verdict(Outcome.RETRY, "no"), TARGET, started_at=1000.0, duration=1.0)
    assert (settled.state, settled.due_at, settled.reason) == (DeliveryState.PENDING, 1006.0, "no")


@pytest.mark.parametrize(("asked", "due_at"), [(30.0, 1030.0), (5000.0, 1100.0), (-3.0, 1000.0)])
def test_a_delay_asked_for_is_obeyed_up_to_the_limit(asked: float, due_at: float) -> None:
    settled = settlement(work(), Verdict(Outcome.RETRY, "no", after=asked), TARGET, started_at=1000.0, duration=0.0)
    assert settled.due_at == due_at


def test_the_last_failure_makes_a_dead_letter_that_says_why() -> None:
    settled = settlement(work(attempts=2), Verdict(Outcome.RETRY, "no"), TARGET, started_at=1065.0, duration=0.0)
    assert (settled.state, settled.reason) == (DeliveryState.DEAD, "gave up after 3 attempts: no")


def test_a_rejection_is_a_dead_letter_at_once() -> None:
    settled = settlement(work(), Verdict(Outcome.REJECTED, "never"), TARGET, started_at=1000.0, duration=0.0)
    assert (settled.state, settled.reason) == (DeliveryState.DEAD, "never")


seconds = st.floats(min_value=0, max_value=1e6)
targets = st.builds(
    Target,
    st.just("t"),
    schedule=st.builds(
        RetrySchedule, st.lists(seconds, min_size=1, max_size=5).map(tuple), st.floats(min_value=0, max_value=1)
    ),
    longest_retry_after=seconds,
)
failures = st.builds(
    Verdict, st.just(Outcome.RETRY), st.just("no"), after=st.none() | st.floats() | st.integers(-(10**400), 10**400)
)


@examples(300)
@given(targets, failures, st.integers(0, 20), st.integers(0, 20), seconds, seconds)
def test_a_failed_attempt_is_never_due_later_than_the_longest_delay_from_now(
    target: Target, verdict: Verdict, put_back_after: int, since: int, age: float, duration: float
) -> None:
    delivery = replace(work(put_back_after + since).delivery, fresh_from=put_back_after, fresh_at=1000.0)
    event = Event("e", "error", "site", b"", 1000.0)
    settled = settlement(Work(delivery, event), verdict, target, started_at=1000.0 + age, duration=duration)
    now = 1000.0 + age + duration
    used_up = since + 1 >= len(target.schedule.delays) and now - 1000.0 >= target.schedule.span / 2
    assert settled.state == (DeliveryState.DEAD if used_up else DeliveryState.PENDING)
    assert settled.attempt.number == put_back_after + since + 1
    if not used_up:
        schedule = target.schedule
        longest = max(max(schedule.delays) * (1 + schedule.jitter), target.longest_retry_after)
        assert math.isfinite(settled.due_at)
        assert now <= settled.due_at <= now + longest + 1e-6
