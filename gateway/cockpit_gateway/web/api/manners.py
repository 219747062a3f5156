"""What every answer of the API has: the id of its request, and headers that keep it from being stored."""

from __future__ import annotations

import re

import structlog
import uuid_utils
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from multidict import istr

REQUEST_ID = istr("X-Request-ID")
"""Header that names a request in whoever's log."""

_ID = re.compile(r"[\w.:+/=-]{1,128}", re.ASCII)
_KEY = web.RequestKey("request_id", str)


@web.middleware
async def named(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a request its id, as it says or a new one, in the log's lines too."""
    given = request.headers.get(REQUEST_ID, "")
    request[_KEY] = given if _ID.fullmatch(given) else str(uuid_utils.uuid7())
    with structlog.contextvars.bound_contextvars(request_id=request[_KEY]):
        return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer has; to be called when one is prepared."""
    response.headers[REQUEST_ID] = request.get(_KEY, "")
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
