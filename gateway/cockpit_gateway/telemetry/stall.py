"""The stall watch: names the code that holds the event loop, while it holds it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from types import FrameType

import structlog

from cockpit_gateway.telemetry.metrics import Metrics

TOO_LONG = 0.25
"""Seconds that the loop may be held before it is logged."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StallWatch:
    """Watches the running event loop from a thread.

    Args:
        metrics: Where stalls are counted, and how late the loop is.
        too_long: Seconds that the loop may be held.
    """

    def __init__(self, metrics: Metrics, too_long: float = TOO_LONG) -> None:
        self._metrics = metrics
        self._too_long = too_long
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._ticked_at = self._due_at = time.monotonic()
        self._stopped = threading.Event()
        self._timer = self._loop.call_later(0, self._tick)
        threading.Thread(target=self._watch, name="stall-watch", daemon=True).start()

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()
        self._timer.cancel()

    def _tick(self) -> None:
        now = time.monotonic()
        self._metrics.lagged(max(0.0, now - self._due_at))
        self._ticked_at, self._due_at = now, now + self._too_long / 4
        self._timer = self._loop.call_later(self._too_long / 4, self._tick)

    def _watch(self) -> None:
        reported = 0.0
        while not self._stopped.wait(self._too_long / 2):
            ticked_at = self._ticked_at
            held = time.monotonic() - ticked_at
            if held > self._too_long and ticked_at != reported:
                reported = ticked_at
                self._report(held)

    def _report(self, held: float) -> None:
        self._metrics.stalled()
        frame = sys._current_frames().get(self._loop_thread)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the documented way to see another thread's stack
        log.warning(
            "the event loop is held: make this a `def` handler, or hand the work to a thread",
            seconds=round(held, 3),
            held_by=blame(frame),
        )


def blame(frame: FrameType | None) -> str:
    """Return "file:line in function" of the innermost frame that is neither the gateway's nor a standard library's."""
    frames = traceback.extract_stack(frame)
    foreign = [found for found in frames if not _is_ours_or_pythons(found.filename)]
    found = (foreign or frames)[-1]
    return f"{found.filename}:{found.lineno} in {found.name}"


def _is_ours_or_pythons(filename: str) -> bool:
    standard_library = "/lib/python" in filename and "site-packages" not in filename
    return "cockpit_gateway/" in filename or standard_library or filename.startswith("<")
