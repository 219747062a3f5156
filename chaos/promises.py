"""What a scenario gets, and what it reports."""

from __future__ import annotations

import asyncio
import os
import shutil
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
    """Return what is missing to run something that needs root and some programs; None if all is there."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [program for program in programs if shutil.which(program) is None]
    return f"needs {', '.join(missing)}" if missing else None


async def eventually(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until a condition holds, at most so long; return whether it does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True


async def all_arrive(wanted: Collection[int], arrived: Callable[[], set[int]], seconds: float) -> set[int]:
    """Wait until all of these events have arrived; return those that have not."""
    await eventually(lambda: arrived() >= set(wanted), seconds)
    return set(wanted) - arrived()
