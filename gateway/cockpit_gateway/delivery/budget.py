"""The time budget of an attempt."""

from __future__ import annotations

import asyncio


class TimeBudget:
    """Cancels the running task when its time is up; what `asyncio.timeout` does, at a fraction of its cost.

    Args:
        seconds: The time.
    """

    def __init__(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - attempts are tasks
        self._task = task
        self.overrun = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    def end(self) -> None:
        """Stop the clock; a cancellation that it caused is no longer the task's own."""
        self._timer.cancel()
        if self.overrun:
            self._task.uncancel()

    def _expire(self) -> None:
        self.overrun = True
        self._task.cancel()
