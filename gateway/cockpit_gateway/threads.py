"""Threads in which blocking functions run: a plugin's `def` hooks, look-ups of names.

Everybody has a few of their own, and they are daemons, so that one that hangs neither starves others nor holds up the
exit.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

FEW = 4
"""Threads that a plugin has."""


_Result = TypeVar("_Result")
_loop: ContextVar[asyncio.AbstractEventLoop] = ContextVar("_loop")


def wait_for(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine on the event loop from one of the threads, and return its result.

    Raises:
        RuntimeError: this is none of the threads.
    """
    loop = _loop.get(None)
    if loop is None:
        coroutine.close()
        raise RuntimeError("this waits in a plugin's thread, for a `def` hook; in `async def`, use await")
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


async def abandon(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End tasks: the first cancellation of one that waits for a thread waits for it, the second leaves it behind."""
    pending = {task for task in tasks if not task.done()}
    for patience in (0.05, 1.0):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=patience)


class WorkerThreads:
    """Runs blocking functions.

    Args:
        name: What the threads are called.
        count: At most so many threads; they are started as they are needed.
    """

    def __init__(self, name: str, count: int = FEW) -> None:
        self.slots = asyncio.Semaphore(count)
        self._name = name
        self._count = count
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._started = 0
        self._idle = 0
        self._overdue = 0
        self._ended = False

    @property
    def overdue(self) -> int:
        """Calls that go on after their time budget."""
        return self._overdue

    @property
    def stuck(self) -> bool:
        """True when every thread is busy with a call that has overrun its time budget."""
        return self._overdue >= self._count

    async def run(self, function: Callable[[], Any]) -> Any:
        """Run a function in one of the threads and return its result.

        A cancelled call waits until the function has really ended, because a thread cannot be stopped and the next
        attempt must not overlap it; a second cancellation (at shutdown) abandons the thread.

        Raises:
            RuntimeError: the threads have ended.
            Exception: whatever the function raises.
        """
        if self._ended:
            raise RuntimeError(f"the threads of {self._name} have ended")
        future: Future[Any] = Future()
        self._submit(future, function)
        waiter = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiter)
        except asyncio.CancelledError:
            self._overdue += 1
            try:
                await asyncio.wait([waiter])
            finally:
                self._overdue -= 1
                if waiter.done() and not waiter.cancelled():
                    waiter.exception()
            raise

    def end(self) -> None:
        """End the threads, each after what it does now; nothing can be run any more."""
        self._ended = True
        for _ in range(self._started):
            self._jobs.put(None)

    def _submit(self, future: Future[Any], function: Callable[[], Any]) -> None:
        context = copy_context()
        context.run(_loop.set, asyncio.get_running_loop())

        def job() -> None:
            try:
                future.set_result(context.run(function))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                future.set_exception(error)

        self._jobs.put(job)
        if self._started < self._count and self._jobs.qsize() > self._idle:
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._idle += 1
            job = self._jobs.get()
            self._idle -= 1
            if job is None:
                return
            job()
