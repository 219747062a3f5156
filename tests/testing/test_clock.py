"""The test kit's clock: stands still, and wakes whoever waits for a moment, however time came to it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.testing import FakeClock

seconds = st.floats(0.001, 1e6)


async def test_it_stands_still() -> None:
    clock = FakeClock(1_000.0)
    sleeping = asyncio.create_task(clock.sleep(10.0))
    await asyncio.sleep(0.01)
    assert (clock.time(), clock.steady(), sleeping.done()) == (1_000.0, 0.0, False)
    clock.let_pass(9.9)
    await asyncio.sleep(0.01)
    assert not sleeping.done()
    clock.let_pass(0.1)
    async with asyncio.timeout(10):
        await sleeping


@given(st.floats(1e9, 2e9), st.lists(seconds, min_size=1, max_size=4), seconds)
def test_who_waits_for_a_moment_wakes_by_it(now: float, steps: list[float], last: float) -> None:
    """A due time is kept as a time of day; time comes to it in steps that others want."""

    async def run() -> None:
        clock = FakeClock(now)
        due_at = clock.time() + sum(steps) + last
        sleeping = asyncio.create_task(clock.sleep(due_at - clock.time()))
        await asyncio.sleep(0)
        for step in steps:
            clock.let_pass(step)
            await asyncio.sleep(0)
        while (left := due_at - clock.time()) > 0:
            clock.let_pass(left)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sleeping.done()

    asyncio.run(run())


async def test_a_sleep_is_reckoned_from_its_call() -> None:
    clock = FakeClock()
    sleeping = asyncio.create_task(clock.sleep(10.0))
    clock.let_pass(10.0)
    async with asyncio.timeout(10):
        await sleeping


async def test_turning_it_wakes_nobody() -> None:
    clock = FakeClock()
    sleeping = asyncio.create_task(clock.sleep(10.0))
    before = clock.time()
    clock.turn(3600)
    await asyncio.sleep(0.01)
    assert (clock.time() - before, clock.steady(), sleeping.done()) == (pytest.approx(3600.0), 0.0, False)
    sleeping.cancel()
