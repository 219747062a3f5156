"""Problems: every answer that is not a success, as RFC 9457 `application/problem+json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

import orjson
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from cockpit_gateway.errors import (
    ConfigError,
    ConflictError,
    GatewayError,
    InvalidDocumentError,
    NotFoundError,
    PluginError,
    SealError,
    StoreUnavailableError,
)
from cockpit_gateway.telemetry.context import REQUEST_ID, bind, request_id
from cockpit_gateway.telemetry.metrics import Metrics

FAILED = "The gateway failed; its log says why."

RETRY_AFTER = 5
"""Seconds after which a client may try again when the store cannot take an event."""

TOLD = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""What the log tells: Cockpit itself logs nothing of an event that was refused."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An answer other than success.

    Args:
        status: The HTTP status.
        detail: What is wrong with this request, and what to do.
        retry_after: Seconds for a Retry-After header.
        headers: Further headers.
        errors: Each of several mistakes, if there can be several.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)

    def response(self) -> web.Response:
        """Return it as a response."""
        return problem_response(self.status, self.detail, self.headers, self.errors)


def problem_response(
    status: int, detail: str, headers: dict[str, str] | None = None, errors: Sequence[Mapping[str, str]] = ()
) -> web.Response:
    """Return a problem; its title is the status' own phrase.

    Args:
        status: The HTTP status.
        detail: One or two sentences for a person.
        headers: Further headers.
        errors: Each of several mistakes.
    """
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    return web.Response(
        status=status, body=orjson.dumps(document), content_type="application/problem+json", headers=headers
    )


def end_reading(request: web.Request, why: str) -> None:
    """Read nothing more of a body; aiohttp would read on for some seconds, and unpack, what was refused.

    Args:
        request: The request; its connection closes after the answer.
        why: For whoever reads the body all the same.
    """
    if not request.content.is_eof():
        request.content.set_exception(web.RequestPayloadError(why))


def require_unanswered(request: web.Request, error: Exception) -> None:
    """Refuse to answer with an error what is being answered: that would stand in the middle of the answer.

    Raises:
        ConnectionError: the answer has begun; its connection is closed, so that whoever reads it knows.
    """
    if request.writer.output_size:
        known = isinstance(error, GatewayError)
        log.error("an answer was cut short", path=request.path, problem=str(error), exc_info=None if known else error)
        raise ConnectionError("the answer had begun when the request failed") from error


def problems_middleware(
    metrics: Metrics,
    base_path: str = "",
    client: Callable[[web.Request], str] = lambda request: request.remote or "unix",
) -> Middleware:
    """Return the middleware that names requests, turns exceptions into problems, counts them, and logs strangers'.

    Args:
        metrics: Counts them.
        base_path: What stands before every path.
        client: Returns where a request comes from, for the log.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = request_id(request.headers.get(REQUEST_ID))
        bind(request_id=name)  # aiohttp makes a task of each request
        try:
            response = await handler(request)
        except ConnectionError:  # the client went away: there is nobody to answer
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: a problem, not a traceback
            require_unanswered(request, error)
            response = answer(error, request)
        if not response.prepared:
            response.headers[REQUEST_ID] = name
        return response

    def answer(error: Exception, request: web.Request) -> web.Response:
        problem = problem_of(error, request, base_path)
        if problem.status in TOLD:
            log.warning(
                "request refused",
                status=int(problem.status),
                client=client(request),
                path=request.path,
                problem=problem.detail,
            )
        if hdrs.CONTENT_ENCODING in request.headers:
            end_reading(request, "it was refused")
        metrics.refused(problem.status)
        return problem.response()

    return middleware


def problem_of(error: Exception, request: web.Request, base_path: str) -> Problem:
    """Return what is answered in place of an error; one that nobody foresaw is logged.

    Args:
        error: What a request's handler raised.
        request: The request.
        base_path: What stands before every path.
    """
    match error:
        case Problem():
            return error
        case web.HTTPException():
            return _of_http_exception(error, request, base_path)
        case web.RequestPayloadError():
            log.warning("request refused, its body cannot be decoded", peer=request.remote, path=request.path)
            return Problem(
                HTTPStatus.BAD_REQUEST, "The body is not what its Content-Encoding or Transfer-Encoding says."
            )
        case StoreUnavailableError():
            log.error("store unavailable", problem=str(error))
            return Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, f"The store cannot take it now: {error}", retry_after=RETRY_AFTER
            )
        case SealError():
            log.error("what is sealed cannot be used", problem=str(error))
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"What is sealed cannot be used: {error}")
        case NotFoundError():
            return Problem(HTTPStatus.NOT_FOUND, str(error))
        case InvalidDocumentError():
            errors = [{"in": "body", "name": path, "detail": message} for path, message in error.mistakes]
            return Problem(HTTPStatus.BAD_REQUEST, f"{error}.", errors=errors)
        case ConflictError() | ConfigError() | PluginError():
            return Problem(HTTPStatus.CONFLICT, str(error))
        case _:
            log.error("request failed", path=request.path, exc_info=error)
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)


def _of_http_exception(error: web.HTTPException, request: web.Request, base_path: str) -> Problem:
    headers = {name: value for name, value in error.headers.items() if name in {"Allow", "Location"}}
    wanted = f"{base_path}/cockpit/<source>[/<label>]"
    details = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.path}. Cockpit posts to {wanted}.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not supported here.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than server.max_body allows.",
    }
    status = HTTPStatus(error.status)
    return Problem(status, details.get(status, error.text or status.description), headers=headers)
