"""The time budget of an attempt."""

from __future__ import annotations

import asyncio
from collections import deque


class TimeBudget:
    """Cancels the task that made it when its time is up; what `asyncio.timeout` does, at a fraction of its cost.

    Args:
        ends_at: When the time is up, seconds of the event loop's clock.
    """

    __slots__ = ("_task", "ends_at", "overrun")

    def __init__(self, ends_at: float) -> None:
        self._task = asyncio.current_task()
        self.ends_at = ends_at
        self.overrun = False
        """True if the time was up."""

    @property
    def ended(self) -> bool:
        """True if there is nothing to cancel any more."""
        return self._task is None

    def end(self) -> None:
        """Stop the clock; a cancellation that it caused is no longer the task's own."""
        task, self._task = self._task, None
        if self.overrun and task is not None:
            task.uncancel()

    def expire(self) -> None:
        """The time is up."""
        if self._task is not None:
            self.overrun = True
            self._task.cancel()


class TimeBudgets:
    """Time budgets of one length: they run out in the order in which they were made, so that one timer does for all.

    Args:
        seconds: The length.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: deque[TimeBudget] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> TimeBudget:
        """Return a budget for the current task."""
        loop = asyncio.get_running_loop()
        budget = TimeBudget(loop.time() + self._seconds)
        self._forget_ended()
        self._running.append(budget)
        if self._timer is None:
            self._timer = loop.call_at(budget.ends_at, self._look)
        return budget

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while self._running and self._running[0].ends_at <= loop.time():
            self._running.popleft().expire()
        self._forget_ended()
        self._timer = loop.call_at(self._running[0].ends_at, self._look) if self._running else None

    def _forget_ended(self) -> None:
        while self._running and self._running[0].ended:
            self._running.popleft()
