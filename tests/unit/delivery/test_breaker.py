from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.delivery.breaker import CircuitBreaker
from cockpit_gateway.targets import Breaker

RULE = Breaker(failures=3, wait=5.0, longest=20.0)


def failed(breaker: CircuitBreaker, now: float, asked: float = 0.0) -> bool:
    return breaker.ended(probe=breaker.begin(), well=False, now=now, asked=asked)


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker(RULE)
    assert [failed(breaker, 0.0) for _ in range(3)] == [False, False, True]
    return breaker


def test_failures_in_a_row_open_it_and_a_success_between_does_not() -> None:
    breaker = CircuitBreaker(RULE)
    failed(breaker, 0.0)
    failed(breaker, 0.0)
    assert not breaker.ended(probe=breaker.begin(), well=True, now=0.0)
    assert not failed(breaker, 0.0)
    assert not breaker.open


def test_after_the_pause_one_attempt_is_allowed() -> None:
    breaker = opened()
    assert (breaker.allows(4.9), breaker.allows(5.0)) == (False, True)
    assert breaker.begin()
    assert not breaker.allows(6.0)


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(4):
        assert breaker.probe_at is not None
        pauses.append(breaker.probe_at - now)
        now = breaker.probe_at
        failed(breaker, now)
    assert pauses == [5.0, 10.0, 20.0, 20.0]


def test_a_probe_that_goes_well_closes_it_and_the_next_pause_is_short_again() -> None:
    breaker = opened()
    failed(breaker, 5.0)
    assert breaker.ended(probe=breaker.begin(), well=True, now=15.0)
    assert [failed(breaker, 20.0) for _ in range(3)] == [False, False, True]
    assert breaker.probe_at == 25.0


def test_what_was_under_way_when_it_opened_neither_probes_nor_prolongs() -> None:
    breaker = opened()
    assert not breaker.ended(probe=False, well=False, now=1.0)
    assert breaker.probe_at == 5.0
    assert breaker.ended(probe=False, well=True, now=2.0)
    assert not breaker.open


def test_a_probe_without_an_outcome_leaves_room_for_another() -> None:
    breaker = opened()
    probe = breaker.begin()
    breaker.abandon(probe=probe)
    assert breaker.allows(6.0)


def test_what_the_target_asked_for_may_be_longer_than_the_longest_pause() -> None:
    breaker = CircuitBreaker(Breaker(failures=1))
    failed(breaker, 0.0, asked=3600.0)
    assert breaker.probe_at == 3600.0


@given(st.lists(st.tuples(st.sampled_from(["begin", "well", "failed", "abandon"]), st.floats(0, 50)), max_size=60))
def test_there_is_never_more_than_one_probe_under_way(steps: list[tuple[str, float]]) -> None:
    breaker, now, under_way = CircuitBreaker(RULE), 0.0, []
    for step, passed in steps:
        now += passed
        if step == "begin" and breaker.allows(now):
            under_way.append(breaker.begin())
        elif step == "abandon" and under_way:
            breaker.abandon(probe=under_way.pop())
        elif step in ("well", "failed") and under_way:
            breaker.ended(probe=under_way.pop(), well=step == "well", now=now)
            if not breaker.open:
                under_way = [False for _ in under_way]
        assert sum(under_way) <= 1
        assert breaker.probe_at is None or breaker.probe_at - now <= RULE.longest
