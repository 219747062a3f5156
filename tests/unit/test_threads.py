from __future__ import annotations

import asyncio
import threading

import pytest

from cockpit_gateway.threads import WorkerThreads


async def test_the_result_and_the_exception_come_back() -> None:
    threads = WorkerThreads("p")
    assert await threads.run(lambda: 21 * 2) == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_functions_run_in_daemon_threads_that_carry_its_name() -> None:
    thread = await WorkerThreads("plugin-search").run(threading.current_thread)
    assert thread.daemon
    assert thread.name.startswith("plugin-search-")
    assert thread is not threading.main_thread()


async def test_no_more_threads_than_allowed_and_as_many_as_needed() -> None:
    threads = WorkerThreads("p", count=3)
    meeting = threading.Barrier(3, timeout=10)
    names = await asyncio.gather(
        *(threads.run(lambda: (meeting.wait(), threading.current_thread().name)[1]) for _ in range(6))
    )
    assert len(set(names)) == 3


async def test_an_idle_thread_is_used_again() -> None:
    threads = WorkerThreads("p", count=3)
    names = {await threads.run(lambda: threading.current_thread().name) for _ in range(5)}
    assert len(names) == 1


async def test_a_cancelled_call_ends_only_when_its_function_has() -> None:
    threads = WorkerThreads("p", count=1)
    entered, leave = threading.Event(), threading.Event()
    task = asyncio.create_task(threads.run(lambda: (entered.set(), leave.wait(10))))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done
    assert threads.stuck
    leave.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not threads.stuck


async def test_a_second_cancellation_abandons_a_thread_that_hangs() -> None:
    threads = WorkerThreads("p", count=1)
    entered, leave = threading.Event(), threading.Event()
    task = asyncio.create_task(threads.run(lambda: (entered.set(), leave.wait(10))))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    leave.set()


async def test_who_comes_after_the_end_is_told_so() -> None:
    """There is nobody who would ever do it."""
    threads = WorkerThreads("plugin-search")
    await threads.run(threading.current_thread)
    threads.end()
    with pytest.raises(RuntimeError, match="the threads of plugin-search have ended"):
        await threads.run(threading.current_thread)
