"""structlog set-up: lines for people on a terminal, JSON for programs; the libraries' logs in the same format."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Literal

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Formats, and then takes secrets out of the line: other people's errors are logged with their own words.

    Args:
        hide: Takes them out.
        options: structlog's.
    """

    def __init__(self, hide: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return self._hide(super().format(record))


def set_up_logging(level: str, form: Literal["auto", "console", "json"], hide: Callable[[str], str] = str) -> None:
    """Configure structlog and the standard library's logging, to standard error.

    Tracebacks never show local variables: they may hold secrets.

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
        structlog.processors.TimeStamper(fmt="iso", utc=not on_terminal),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
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
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(on_terminal=on_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def _renderers(*, on_terminal: bool) -> list[Processor]:
    if on_terminal:
        formatter = structlog.dev.RichTracebackFormatter(show_locals=False)
        return [structlog.dev.ConsoleRenderer(exception_formatter=formatter)]
    transformer = ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.EventRenamer("message"),
        structlog.processors.ExceptionRenderer(transformer),
        structlog.processors.JSONRenderer(),
    ]
