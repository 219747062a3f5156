"""Lines that say the same again: an endpoint that is down must not fill the log."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from cockpit_gateway.telemetry.context import bound_ids

OURS = "cockpit_gateway."
"""What the names of the gateway's own loggers begin with; what plugins and libraries log is theirs to bound."""

QUIET = 60.0
"""Seconds after a line in which the same is not said again."""

MOST_KINDS = 1000
"""Kinds of lines that are remembered; then the oldest is forgotten."""

ABOUT = ("target", "plugin", "status")
"""What two lines have to be about, beside their message, to be the same."""


class Repeats:
    """A processor of structlog that drops warnings and errors of the gateway that were just logged.

    The first one passes, and one a minute after that, with the number of those between as `repeated`.

    Args:
        clock: Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, ...], tuple[float, int]] = {}

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return a line that is to be logged.

        Raises:
            DropEvent: it is not.
        """
        if _severity(line) < logging.WARNING or not line["logger"].startswith(OURS):
            return line
        with self._lock:
            unsaid = self._unsaid(_kind(line))
        if unsaid is None:
            raise structlog.DropEvent
        if unsaid:
            line["repeated"] = unsaid
        return line

    def _unsaid(self, kind: tuple[str, ...]) -> int | None:
        """Return how many lines of a kind were dropped since the last one; None to drop this one too."""
        now = self._clock()
        said_at, unsaid = self._kinds.pop(kind, (now - QUIET, 0))
        again = now - said_at < QUIET
        self._kinds[kind] = (said_at, unsaid + 1) if again else (now, 0)
        if len(self._kinds) > MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        return None if again else unsaid


def _severity(line: MutableMapping[str, Any]) -> int:
    return logging.getLevelNamesMapping()[line["level"].upper()]


def _kind(line: MutableMapping[str, Any]) -> tuple[str, ...]:
    known = {**bound_ids(), **line}
    given = line.get("exc_info")
    error = sys.exception() if given is True else given
    return (line["event"], type(error).__name__, *(str(known.get(name)) for name in ABOUT))
