"""What a scenario gets, and what it reports."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scope:
    """What a scenario gets.

    Attributes:
        directory: Where stores are made.
        quick: True for a look that takes seconds.
        tell: Shows what is being done.
    """

    directory: Path
    quick: bool
    tell: Callable[[str], None]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a directory that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.directory) as scratch:
            yield Path(scratch)


@dataclass(frozen=True)
class Result:
    """One promise, and what came of it.

    Attributes:
        scenario: What was done.
        promise: What has to hold.
        measured: What was seen.
        kept: Whether it held; None if it could not be tried here.
    """

    scenario: str
    promise: str
    measured: str
    kept: bool | None


def unproven(scenario: str, promise: str, reason: str) -> Result:
    """Return the result of something that could not be tried here."""
    return Result(scenario, promise, f"not tried: {reason}", None)


def lacking(*programs: str) -> str | None:
    """Return which of these programs are missing; None if all are there."""
    missing = [program for program in programs if shutil.which(program) is None]
    return f"needs {', '.join(missing)}" if missing else None


def lacking_mounts() -> str | None:
    """Return what is missing to mount file systems; None if it can be done."""
    if reason := lacking("unshare", "mount", "umount"):
        return reason
    if os.geteuid() != 0:
        return "needs root"
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
    allowed = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    return None if allowed else "needs the right to mount (CAP_SYS_ADMIN)"


async def eventually(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until a condition holds, at most so long; return whether it does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True


async def all_accepted(wanted: Collection[int], accepted: Callable[[], set[int]], seconds: float) -> set[int]:
    """Wait until all of these events were accepted by their receiver; return those that were not."""
    await eventually(lambda: accepted() >= set(wanted), seconds)
    return set(wanted) - accepted()
