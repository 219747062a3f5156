"""One connection: aiohttp's, with a bound on how long and how large the head of a request may be, and on waiting."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo  # pyright: ignore[reportPrivateUsage]

from cockpit_gateway.config import Server as Settings
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.web.problems import FAILED, problem_response
from cockpit_gateway.web.refusals import HEAD_TOO_LARGE, LARGEST_HEAD, refusal

TOO_SLOW = "The request's headers were not complete within {:g} seconds."

SOURCE = web.RequestKey("source", str)
"""Where a request keeps the source that it was let in to."""

MOST_PIPELINED = 2
"""Requests behind the one that is being answered; what more arrives waits in the kernel."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()

access = logging.getLogger(__name__)
"""Tells whether each answer is to be logged, quicker than `log` does."""


class Connection(RequestHandler):
    """One connection.

    aiohttp has one timer for it, set when the connection is made and after each answer. That timer looks here at what
    the connection waits for: nothing is set or cancelled for a request that arrives in one piece.

    Args:
        server: The server that it belongs to.
        settings: The bounds.
        metrics: Is told how long a client waited for its answer.
        options: aiohttp's.
    """

    def __init__(self, server: web.Server, settings: Settings, metrics: Metrics, **options: Any) -> None:
        super().__init__(server, **options)
        self._metrics = metrics
        self._logging_enabled = True  # has `log_access` called, with the time
        self._max_msg_queue_size = MOST_PIPELINED
        self._msg_queue_resume_size = MOST_PIPELINED - 1
        self._settings = settings
        self._head_size = 0
        self._head_began = 0.0
        self._unread: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """True while there is no whole request that could be answered, or nobody reads the answer to the last one."""
        if self._waiter is not None:
            return not self._waiter.done()
        return self.transport is None

    def data_received(self, data: bytes) -> None:
        """Take in bytes, and note how far the head of a request has come."""
        awaits_head = self._waiter is not None
        super().data_received(data)
        if self._messages:
            self._head_size = 0
            if isinstance(self._messages[-1][0], _ErrInfo):
                self._give_up_unfinished_bodies()
        elif awaits_head and data:
            self._head_grew(len(data))

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._unread = self._loop.call_later(self._settings.read_timeout, self._abandon)

    def resume_writing(self) -> None:
        """Stop waiting for it."""
        super().resume_writing()
        self._forget_unread()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget what was waited for."""
        self._forget_unread()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that failed, or never was one, with a problem."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun when the request failed")
        if isinstance(exc, ConnectionError):
            log.warning("the client went away before its body was complete", peer=request.remote, path=request.path)
            raise exc
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            status, detail = refusal(status, exc, message or "")
            log.warning("request refused by the HTTP parser", peer=request.remote, status=status, problem=detail)
        else:
            detail = FAILED
            log.error("request failed", peer=request.remote, exc_info=exc)
        response = problem_response(status, detail)
        response.force_close()
        return response

    def log_access(self, request: web.BaseRequest, response: web.StreamResponse, time: float | None) -> None:
        """Note an answer that has been written."""
        if time is None:
            return
        seconds = self._loop.time() - time
        source = request.get(SOURCE)
        if source is not None:
            self._metrics.answered(source, seconds)
        if access.isEnabledFor(logging.DEBUG):
            ms = round(seconds * 1000, 3)
            log.debug("answered", method=request.method, path=request.path, status=response.status, ms=ms)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what went wrong, unless it is nobody's concern."""
        # Reading on after the answer, aiohttp finds that the rest of a body cannot be decoded: nobody's concern.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def _head_grew(self, size: int) -> None:
        if self._head_size == 0:
            self._head_began = self._loop.time()
            if self._keepalive_handle is not None:
                self._keepalive_handle.cancel()
            self._keepalive_handle = self._loop.call_at(self._deadline, self._process_keepalive)
        self._head_size += size
        if self._head_size > LARGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HEAD_TOO_LARGE)

    @property
    def _deadline(self) -> float:
        """When what it waits for has to be there, by the loop's clock."""
        if self._head_size:
            return self._head_began + self._settings.read_timeout
        waits_since = self._next_keepalive_close_time - self._keepalive_timeout
        return waits_since + (self._settings.keep_alive if self._request_count else self._settings.read_timeout)

    def _process_keepalive(self) -> None:
        self._keepalive_handle = None
        if self._force_close or not self.is_idle:
            return
        if self._loop.time() < self._deadline:
            self._keepalive_handle = self._loop.call_at(self._deadline, self._process_keepalive)
        elif self._head_size:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW.format(self._settings.read_timeout))
        else:
            self.force_close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer a head that never became a request, and close."""
        self._messages.append((_ErrInfo(status, BadHttpMessage(detail), detail), EMPTY_PAYLOAD))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _give_up_unfinished_bodies(self) -> None:
        """End the reading of a body whose rest is not valid HTTP: aiohttp would wait for it until the client leaves."""
        bodies = [body for _, body in self._messages]
        if self._current_request is not None:
            bodies.append(self._current_request.content)
        for body in bodies:
            if not body.is_eof():
                body.set_exception(web.RequestPayloadError("the rest of the body is not valid HTTP"))

    def _abandon(self) -> None:
        """Close at once: the client does not read its answer."""
        transport = self.transport
        if transport is not None:
            self.force_close()
            transport.abort()

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
