from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.delivery.health import Health


def test_each_share_is_told_once_and_the_largest_of_several() -> None:
    health = Health(100.0)
    times = (0.0, 24.0, 25.0, 26.0, 80.0, 81.0, 99.9, 100.0, 101.0)
    assert [health.failed(now) for now in times] == [None, None, 0.25, None, 0.75, None, None, 1.0, None]


def test_a_success_begins_anew() -> None:
    health = Health(100.0)
    health.failed(0.0)
    assert not health.succeeded()
    health.failed(10.0)
    health.failed(60.0)
    assert health.succeeded()
    assert (health.failing_for, health.failed(1000.0), health.failed(1010.0)) == (0.0, None, None)


def test_the_time_between_two_processes_does_not_count() -> None:
    health = Health(100.0)
    health.resume(60.0)
    assert health.failed(10_000.0) is None
    assert health.failed(10_020.0) == 0.75


@given(st.lists(st.floats(0, 50), min_size=1, max_size=50))
def test_the_shares_come_in_order_and_none_twice(pauses: list[float]) -> None:
    health, now, told = Health(100.0), 0.0, []
    for pause in pauses:
        now += pause
        share = health.failed(now)
        told += [share] if share is not None else []
    assert told == sorted(set(told))
    assert (1.0 in told) == (health.failing_for >= 100.0)
