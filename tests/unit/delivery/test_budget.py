"""Time budgets: each cancels its own task, and only when its own time is up."""

from __future__ import annotations

import asyncio

from cockpit_gateway.delivery.budget import TimeBudgets


async def spend(budgets: TimeBudgets, seconds: float) -> bool:
    """Return whether the budget was overrun."""
    budget = budgets.begin()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        if not budget.overrun:
            raise
    finally:
        budget.end()
    return budget.overrun


async def test_only_those_that_take_too_long_are_cancelled() -> None:
    budgets = TimeBudgets(0.05)
    spent = [spend(budgets, seconds) for _ in range(50) for seconds in (0.0, 60.0)]
    assert await asyncio.gather(*spent) == [False, True] * 50


async def test_one_that_begins_later_ends_later() -> None:
    budgets = TimeBudgets(0.2)
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(spend(budgets, 60.0))
    await asyncio.sleep(0.1)
    began = loop.time()
    assert await spend(budgets, 60.0)
    assert first.done()
    assert loop.time() - began >= 0.19


async def test_a_budget_serves_again_after_nothing_ran_for_a_while() -> None:
    budgets = TimeBudgets(0.02)
    assert not await spend(budgets, 0.0)
    await asyncio.sleep(0.05)
    assert await spend(budgets, 60.0)


async def test_a_task_that_outlives_its_budget_is_not_cancelled_for_good() -> None:
    assert await spend(TimeBudgets(0.01), 60.0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
