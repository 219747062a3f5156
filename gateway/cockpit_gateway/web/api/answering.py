"""Answering: from a request to the call of an operation, and from what it returns to the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import hdrs, web

from cockpit_gateway.web.access import needs
from cockpit_gateway.web.api.etags import etag_of, is_known, refuse_changed
from cockpit_gateway.web.api.idempotency import Idempotency
from cockpit_gateway.web.api.negotiation import JSON, refuse_other_bodies, refuse_unacceptable
from cockpit_gateway.web.api.operations import PREFIX, Operation, Resource
from cockpit_gateway.web.api.parameters import Query, mistake, read_body, read_query
from cockpit_gateway.web.api.views.base import encode

Call = Callable[..., Awaitable[Any]]


class Answering:
    """Makes routes of operations.

    Args:
        idempotency: Remembers the answers to what changed something.
    """

    def __init__(self, idempotency: Idempotency) -> None:
        self._idempotency = idempotency
        self._calls: dict[str, Call] = {}

    def routes(self, resource: Resource) -> list[web.RouteDef]:
        """Return the routes of a resource's operations."""
        operations = resource.operations()
        self._calls |= {operation.name: getattr(resource, operation.name) for operation in operations}
        return [self._route(found) for found in operations]

    def _route(self, operation: Operation) -> web.RouteDef:
        path, handler = PREFIX + operation.path, self._handler(operation)
        if operation.is_safe:
            return web.get(path, handler, allow_head=not operation.is_stream)
        return web.route(operation.method, path, handler)

    def _handler(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        call = self._calls[operation.name]

        @needs(operation.scope)
        async def answer(request: web.Request) -> web.StreamResponse:
            refuse_unacceptable(request, operation.media_type)
            arguments = await _arguments(operation, request)
            if operation.is_stream:
                return await _send_lines(request, await call(**arguments))
            if operation.is_safe:
                return _shown(request, await call(**arguments))
            done = await self._idempotency.once(request, lambda: self._changed(operation, request, arguments))
            _name(operation.shown, request, done)
            return done

        return answer

    async def _changed(self, operation: Operation, request: web.Request, arguments: dict[str, Any]) -> web.Response:
        if operation.guard is not None and hdrs.IF_MATCH in request.headers:
            shown = await self._calls[operation.guard](**dict(request.match_info))
            refuse_changed(request, etag_of(encode(shown)))
        answered = await self._calls[operation.name](**arguments)
        if answered is None:
            return web.Response(status=operation.status)
        return web.Response(status=operation.status, body=encode(answered), content_type=JSON)


async def _arguments(operation: Operation, request: web.Request) -> dict[str, Any]:
    """Return what an operation is called with.

    Raises:
        Problem: the request does not say it properly.
    """
    arguments: dict[str, Any] = dict(request.match_info)
    query = read_query(operation.query or Query, request.query)
    if operation.query is not None:
        arguments["query"] = query
    body = await request.read() if request.body_exists else b""
    if body:
        refuse_other_bodies(request)
    if operation.body is not None:
        arguments["body"] = read_body(operation.body, body)
    elif body:
        raise mistake("body", "", "this takes no body; its parameters stand behind the question mark")
    return arguments


def _shown(request: web.Request, answered: Any) -> web.Response:
    """Return an answer with its ETag, and with a link to the next page if there is one."""
    body = encode(answered)
    headers = {hdrs.ETAG: etag_of(body)}
    following = getattr(answered, "next", None)
    if following is not None:
        headers[hdrs.LINK] = f'<{request.rel_url.update_query(cursor=following).raw_path_qs}>; rel="next"'
    if is_known(request, headers[hdrs.ETAG]):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=body, content_type=JSON, headers=headers)


def _name(shown: str | None, request: web.Request, done: web.Response) -> None:
    """Say of what a request has made or changed where it is, and its ETag: nobody has to ask for it first."""
    if shown is None or not isinstance(done.body, bytes):
        return
    whole = orjson.loads(done.body)
    part = whole[shown] if shown else whole
    done.headers[hdrs.ETAG] = etag_of(encode(part))
    if done.status == HTTPStatus.CREATED:
        done.headers[hdrs.LOCATION] = f"{request.rel_url.raw_path}/{quote(part['name'], safe='')}"


async def _send_lines(request: web.Request, rows: AsyncIterator[Any]) -> web.StreamResponse:
    """Answer with a JSON object a line; an empty one for None."""
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "application/x-ndjson"})
    await response.prepare(request)
    with suppress(ConnectionError):
        async with aclosing(rows):  # type: ignore[type-var]
            async for row in rows:
                await response.write(b"\n" if row is None else encode(row) + b"\n")
        await response.write_eof()
    return response
