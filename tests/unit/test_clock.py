"""A clock that is turned is noticed; time that passes is not."""

from __future__ import annotations

import pytest

from cockpit_gateway.clock import JumpWatch, SystemClock
from cockpit_gateway.testing import FakeClock


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_a_turned_clock_is_noticed_once(seconds: float) -> None:
    clock = FakeClock()
    watch = JumpWatch(clock)
    clock.turn(seconds)
    assert watch.look() == pytest.approx(seconds, abs=0.1)
    assert watch.look() == 0.0


def test_time_that_passes_and_small_corrections_are_no_jump() -> None:
    clock = FakeClock()
    watch = JumpWatch(clock)
    clock.let_pass(86_400)
    clock.turn(1.0)
    assert watch.look() == 0.0


def test_the_machines_clock_goes_on() -> None:
    clock = SystemClock()
    first = clock.steady()
    assert clock.steady() >= first
