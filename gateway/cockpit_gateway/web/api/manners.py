"""What every answer of the API has: the id of its request, and headers that keep it from being stored."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from cockpit_gateway.telemetry.context import REQUEST_ID, bound_ids
from cockpit_gateway.web.api.operations import PREFIX
from cockpit_gateway.web.problems import Problem

LARGEST_BODY = 1024**2
"""Bytes of a request's body."""


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say in the API's words what the router, or the reading of a body, refuses."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        raise Problem(
            HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}; GET {PREFIX}/openapi.json says what there is."
        ) from None
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{request.method} is not supported here, {allowed} is.",
            headers={hdrs.ALLOW: allowed},
        ) from None
    except web.HTTPRequestEntityTooLarge:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {LARGEST_BODY:,} bytes.") from None


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer has; to be called when one is prepared."""
    if "request_id" in (ids := bound_ids()):
        response.headers[REQUEST_ID] = str(ids["request_id"])
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")  # the console's files may be kept
    response.headers["X-Content-Type-Options"] = "nosniff"
