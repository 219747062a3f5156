"""structlog set-up: lines for people on a terminal, JSON for programs; the libraries' logs in the same format."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Literal

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

from cockpit_gateway.systemd import is_journal
from cockpit_gateway.telemetry.context import merge_ids
from cockpit_gateway.telemetry.repeats import Repeats

MESSAGE = "message"
"""What a line says is called so, and no longer `event` as structlog has it: that is the event's name."""

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""Of syslog, by level: the journal takes them off the begin of a line (sd-daemon(3))."""


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Formats, and then takes secrets out of the line: other people's errors are logged with their own words.

    Args:
        hide: Takes them out.
        for_journal: Begin each line with its priority.
        options: structlog's.
    """

    def __init__(self, hide: Callable[[str], str], *, for_journal: bool, **options: Any) -> None:
        super().__init__(**options)
        self._hide = hide
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        line = self._hide(super().format(record))
        if not self._for_journal:
            return line
        prefix = f"<{PRIORITIES.get(record.levelno, PRIORITIES[logging.INFO])}>"
        return "\n".join(prefix + part for part in line.split("\n"))


def set_up_logging(level: str, form: Literal["auto", "console", "json"], hide: Callable[[str], str] = str) -> None:
    """Configure structlog and the standard library's logging, to standard error.

    Tracebacks never show local variables: they may hold secrets. Warnings that repeat are bounded, unless the level is
    "debug".

    Args:
        level: "debug", "info", "warning" or "error".
        form: "auto" is console on a terminal and json otherwise.
        hide: Takes secrets out of a line.
    """
    on_terminal = sys.stderr.isatty() if form == "auto" else form == "console"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    bounded: list[Processor] = [] if level == "debug" else [Repeats()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            *bounded,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            hide,
            for_journal=is_journal(sys.stderr),
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer(MESSAGE),
                merge_ids,
                *_renderers(on_terminal=on_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def _renderers(*, on_terminal: bool) -> list[Processor]:
    if on_terminal:
        colors = sys.stderr.isatty()
        system: Literal["truecolor", "auto"] = "truecolor" if colors else "auto"
        traceback = structlog.dev.RichTracebackFormatter(show_locals=False, color_system=system)
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=traceback, event_key=MESSAGE)]
    transformer = ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(transformer), structlog.processors.JSONRenderer()]
