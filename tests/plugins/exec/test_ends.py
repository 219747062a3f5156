"""That nothing of a command is left: neither when it ends, nor when its time is up, nor when it does not want to."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import gateways
import pytest
from exec_kit import FOREVER, Run, gone, noting, pids

from cockpit_gateway import Response


async def begun(note: Path, running: asyncio.Task[Response]) -> list[int]:
    await gateways.eventually(lambda: running.done() or pids(note, 2))
    assert not running.done(), running
    return pids(note, 2)


async def test_a_cancelled_attempt_ends_its_whole_group(run: Run, tmp_path: Path) -> None:
    running = asyncio.ensure_future(run(noting(tmp_path / "note", "wait")))
    found = await begun(tmp_path / "note", running)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await gateways.eventually(lambda: all(gone(pid) for pid in found))


async def test_a_command_can_tidy_up_first(run: Run, tmp_path: Path) -> None:
    trap = f"trap 'echo tidy >{tmp_path}/tidied; exit 0' TERM"
    running = asyncio.ensure_future(run(noting(tmp_path / "note", "wait", trap)))
    await begun(tmp_path / "note", running)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (tmp_path / "tidied").read_text() == "tidy\n"


@pytest.mark.parametrize("times", [1, 2])
async def test_one_that_ignores_the_request_is_made_to_end(run: Run, tmp_path: Path, times: int) -> None:
    running = asyncio.ensure_future(run(noting(tmp_path / "note", FOREVER, "trap '' TERM")))
    found = await begun(tmp_path / "note", running)
    loop = asyncio.get_running_loop()
    began = loop.time()

    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (loop.time() - began > 1.9) is (times == 1)  # the second time, there is no more grace
    await gateways.eventually(lambda: all(gone(pid) for pid in found))


async def test_what_a_command_leaves_behind_is_ended_with_it(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note"

    response = await run(noting(note, "echo done"))

    assert response == Response(None, body=b"done\n")  # the child holds the pipe, and was ended
    await gateways.eventually(lambda: all(gone(pid) for pid in pids(note, 2)))


async def test_one_that_has_left_the_group_holds_nothing_up(run: Run, tmp_path: Path) -> None:
    escape = (
        f"import os, sys, time; os.setsid(); print(os.getpid(), file=open('{tmp_path}/pid', 'w')); time.sleep(1000)"
    )
    script = f'python3 -I -c "{escape}" &\nwhile ! test -s {tmp_path}/pid; do sleep 0.01; done; echo done'
    try:
        async with asyncio.timeout(gateways.PATIENCE):
            response = await run(["/bin/sh", "-c", script])
        assert response == Response(None, body=b"done\n", truncated=True)  # who knows what it would write yet
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_no_descriptor_is_left_open(run: Run, tmp_path: Path) -> None:
    await run(["true"])
    before = descriptors()
    for _ in range(5):
        await run(["cat"])
    running = asyncio.ensure_future(run(noting(tmp_path / "note", "wait")))
    await begun(tmp_path / "note", running)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gateways.eventually(lambda: descriptors() <= before)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
