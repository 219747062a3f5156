"""A disk that is full, and one that cannot be written."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.daemon import Daemon, endpoint, started
from chaos.poster import Poster
from chaos.promises import Result, Scope, all_accepted, eventually, lacking_mounts, unproven
from chaos.receiver import receiving


async def run_full(scope: Scope) -> list[Result]:
    """Fill a small disk, and make room again."""
    promise = (
        "uses the room that was set aside, then 503 with Retry-After, then goes on by itself; nothing acknowledged is "
        "lost"
    )
    if reason := lacking_mounts():
        return [unproven("disk full", promise, reason)]
    with scope.scratch() as scratch, small_disk(scratch / "disk", "6m") as disk:
        async with receiving() as receiver:
            daemon = Daemon(scratch, [endpoint("ok", receiver.url("ok"))], store=disk / "gateway.db")
            async with started(daemon):
                poster = Poster(daemon.port)
                await eventually((disk / "gateway.db.reserve").exists, 10.0)
                scope.tell("filling the disk")
                while poster.answers[503] < 50 and len(poster.posted) < 100_000:
                    await asyncio.gather(*(poster.post() for _ in range(20)))
                readiness, stored = await daemon.get("/readyz"), len(poster.acknowledged)
                subprocess.run(["mount", "-o", "remount,size=256m", str(disk)], check=True)
                async with asyncio.timeout(30):
                    while await poster.post() != 202:
                        await asyncio.sleep(0.1)
                lost = await all_accepted(poster.acknowledged, lambda: receiver.accepted("ok"), 60.0)
                ready = await daemon.get("/readyz")
                in_reserve = "stored in the reserve" in daemon.log
    measured = (
        f"{stored} acknowledged, {poster.answers[503]} answered 503 ({poster.without_retry_after} without "
        f"Retry-After), {poster.answers[0]} not at all; "
        f"/readyz {readiness}, {ready} with room; {len(lost)} lost"
    )
    told = poster.answers[503] > 0 and not poster.without_retry_after
    kept = told and in_reserve and not lost and readiness == 503 and ready == 200
    return [Result("disk full", promise, measured, kept)]


async def run_read_only(scope: Scope) -> list[Result]:
    """Start on a disk that cannot be written."""
    promise = "ends at once, and says which file cannot be written"
    if reason := lacking_mounts():
        return [unproven("read-only", promise, reason)]
    with scope.scratch() as scratch, small_disk(scratch / "disk", "6m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        daemon = Daemon(scratch, [endpoint("ok", "http://127.0.0.1:9/")], store=disk / "gateway.db")
        try:
            await daemon.start(ready=False)
            async with asyncio.timeout(15):
                code = await daemon.wait()
        finally:
            daemon.abandon()
        last = daemon.log.strip().splitlines()[-1]
    kept = code not in (0, -9) and "gateway.db" in last and "Traceback" not in daemon.log
    return [Result("read-only", promise, f"exit code {code}: {last[:200]}", kept)]


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    """Mount a small file system."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
