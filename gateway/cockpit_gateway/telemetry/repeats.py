"""Lines that say the same again: an endpoint that is down must not fill the log."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from cockpit_gateway.telemetry.context import bound_ids

OURS = "cockpit_gateway."
"""What the names of the gateway's own loggers begin with; what plugins and libraries log is theirs to bound."""

QUIET = 60.0
"""Seconds after a line in which the same is not said again."""

MOST_KINDS = 1000
"""Kinds of lines that are remembered; then the oldest is forgotten."""

ABOUT = ("target", "plugin", "status", "reload")
"""What two lines have to be about, beside their message, to be the same."""


@dataclass(slots=True)
class _Kind:
    """Lines that say the same."""

    said_at: float
    unsaid: int = 0
    last: dict[str, Any] = field(default_factory=dict)


class Repeats:
    """A processor of structlog that drops warnings and errors of the gateway that were just logged.

    The first one passes. Those that follow are counted, and the last of them is logged after a while, with their
    number as `repeated`.

    Args:
        quiet: Seconds between two lines that say the same.
    """

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        self._timer: threading.Timer | None = None

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return a line that is to be logged.

        Raises:
            DropEvent: it is not, or later.
        """
        if _severity(line) < logging.WARNING or not line["logger"].startswith(OURS):
            return line
        with self._lock:
            if self._is_news(_kind_of(line), line):
                return line
        raise structlog.DropEvent

    def _is_news(self, name: tuple[str, ...], line: MutableMapping[str, Any]) -> bool:
        kind, now = self._kinds.get(name), time.monotonic()
        if kind is None or (not kind.unsaid and now - kind.said_at >= self._quiet):
            self._kinds.pop(name, None)
            self._kinds[name] = _Kind(now)
            if len(self._kinds) > MOST_KINDS:
                del self._kinds[next(iter(self._kinds))]
            return True
        kind.unsaid += 1
        kind.last = {**bound_ids(), **line}
        if self._timer is None:
            self._wait()
        return False

    def _wait(self) -> None:
        self._timer = threading.Timer(self._quiet, self._tell)
        self._timer.daemon = True
        self._timer.start()

    def _tell(self) -> None:
        """Log what was counted meanwhile."""
        with self._lock:
            repeated = [kind for kind in self._kinds.values() if kind.unsaid]
            told: list[dict[str, Any]] = [{**kind.last, "repeated": kind.unsaid} for kind in repeated]
            for kind in repeated:
                kind.said_at, kind.unsaid, kind.last = time.monotonic(), 0, {}
            self._timer = None
        for line in told:
            line.pop("exc_info", None)  # the first one had it
            logger = logging.getLogger(line["logger"])
            logger.log(_severity(line), line, extra={"_logger": logger, "_name": line["level"]})


def _severity(line: MutableMapping[str, Any]) -> int:
    return logging.getLevelNamesMapping()[line["level"].upper()]


def _kind_of(line: MutableMapping[str, Any]) -> tuple[str, ...]:
    known = {**bound_ids(), **line}
    given = line.get("exc_info")
    error = sys.exception() if given is True else given
    return (line["event"], type(error).__name__, *(str(known.get(name)) for name in ABOUT))
