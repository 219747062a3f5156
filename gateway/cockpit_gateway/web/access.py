"""Access to the admin API at an address: which token allows what."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from cockpit_gateway.config import ApiClient, Scope
from cockpit_gateway.web.problems import Problem

CLIENT = web.RequestKey("client", str)
"""The name of whoever asks, by its token."""

_NEEDS = "__needs__"
_OPEN = "__open__"
_Handler = TypeVar("_Handler", bound=Callable[..., Any])

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def needs(scope: Scope) -> Callable[[_Handler], _Handler]:
    """Mark what a request handler needs.

    Args:
        scope: What a token has to allow.
    """

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _NEEDS, scope)
        return handler

    return mark


def without_token(handler: _Handler) -> _Handler:
    """Mark a request handler that tells nothing, so that it needs no token."""
    setattr(handler, _OPEN, True)
    return handler


def needed_by(handler: object) -> Scope | None:
    """Return what a request handler needs, None for one that is not marked."""
    scope: Scope | None = getattr(handler, _NEEDS, None)
    return scope


def client_of(request: web.Request) -> str:
    """Return the name of whoever asks, "" for whoever has reached the Unix socket."""
    found: str = request.get(CLIENT, "")
    return found


def access_middleware(clients: Mapping[str, ApiClient], beside: web.Application) -> Middleware:
    """Return the middleware that lets in whoever has a token that allows what is asked for.

    Args:
        clients: They, by name.
        beside: The application that looks after itself: the console.
    """

    def secret(client: ApiClient) -> bytes:
        return client.token.get_secret_value().encode()

    def bearer(request: web.Request) -> str:
        """Return the name of the client whose token a request has."""
        scheme, _, offered = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        given = offered.strip().encode("utf-8", "surrogateescape") if scheme.lower() == "bearer" else b""
        found = [name for name, client in clients.items() if hmac.compare_digest(secret(client), given)]
        if not found:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "The API needs one of its tokens, as `Authorization: Bearer …`; api.clients has them.",
                headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="cockpit-gateway"'},
            )
        return found[0]

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        found = request.match_info
        if beside in found.apps or getattr(found.handler, _OPEN, False):
            return await handler(request)
        name = request[CLIENT] = bearer(request)
        scope = needed_by(request.match_info.handler)
        if scope is not None and clients[name].allows < scope:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"The token of {name!r} allows {clients[name].scope}, and this needs {scope.name.lower()}.",
            )
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            log.info("asked by the API", client=name, method=request.method, path=request.path)
        return await handler(request)

    return middleware
