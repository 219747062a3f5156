"""aiohttp's server, taught to answer what its HTTP parser refuses with a problem too, and to log it plainly."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler, _ErrInfo  # pyright: ignore[reportPrivateUsage]

from cockpit_gateway.web.problems import FAILED, problem_response

DUPLICATE_CONTENT_TYPE = (
    "Content-Type arrived twice: a custom header of that name was typed into Cockpit's webhook form, which always "
    "sends one of its own. Remove it there."
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _Protocol(RequestHandler):
    """One connection."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages and isinstance(self._messages[-1][0], _ErrInfo):
            self._give_up_unfinished_bodies()

    def _give_up_unfinished_bodies(self) -> None:
        """End the reading of a body whose rest is not valid HTTP: aiohttp would wait for it until the client leaves."""
        bodies = [body for _, body in self._messages]
        if self._current_request is not None:
            bodies.append(self._current_request.content)
        for body in bodies:
            if not body.is_eof():
                body.set_exception(web.RequestPayloadError("the rest of the body is not valid HTTP"))

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun when the request failed")
        if isinstance(exc, ConnectionError):
            log.warning("the client went away before its body was complete", peer=request.remote, path=request.path)
            raise exc
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            detail = _explain(message or "")
            log.warning("request refused by the HTTP parser", peer=request.remote, status=status, problem=detail)
        else:
            detail = FAILED
            log.error("request failed", peer=request.remote, exc_info=exc)
        response = problem_response(status, detail)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # Reading on after the answer, aiohttp finds that the rest of a body cannot be decoded: nobody's concern.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


class _Server(web.Server):
    """Makes a protocol per connection."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app._handle, request_factory=app._make_request, **options)  # type: ignore[arg-type]  # noqa: SLF001 - aiohttp offers no public way to replace the protocol
        self._options = options

    def __call__(self) -> RequestHandler:
        options = {name: value for name, value in self._options.items() if name != "loop"}
        return _Protocol(self, loop=asyncio.get_running_loop(), **options)


class Runner(web.AppRunner):
    """Runs an application on that server."""

    async def _make_server(self) -> web.Server:
        loop = asyncio.get_running_loop()
        self._app._set_loop(loop)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - as AppRunner itself does
        self._app.on_startup.freeze()
        await self._app.startup()
        self._app.freeze()
        return _Server(self._app, loop=loop, access_log=None)


def _explain(message: str) -> str:
    """Return what aiohttp's parser said, as a sentence; the request's own bytes, which may hold a token, left out."""
    if "Duplicate 'Content-Type'" in message:
        return DUPLICATE_CONTENT_TYPE
    reason = " ".join(message.split("\n\n", 1)[0].split()).rstrip(":.")
    return f"The request is not valid HTTP: {reason or 'it could not be parsed'}."
