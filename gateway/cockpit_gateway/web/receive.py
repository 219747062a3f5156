"""`POST /cockpit/<source>[/<label>]`: lets a request in, reads its body within bounds, and answers after the commit."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus

import orjson
from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
from multidict import istr

from cockpit_gateway.config import Source
from cockpit_gateway.events import VIA_HEADER
from cockpit_gateway.ingest import Fate, Ingest, Receipt
from cockpit_gateway.web.problems import Problem

IDEMPOTENCY_HEADERS = (istr("Idempotency-Key"), istr("webhook-id"))
LONGEST_VIA = 1024
"""Characters of that header that are read."""

_GATEWAY_ID = re.compile(r"[0-9a-f]{32}")
FORWARDING_HEADERS = (hdrs.FORWARDED, hdrs.X_FORWARDED_FOR, istr("X-Real-IP"))
ANSWER_HEADERS = {hdrs.CONTENT_TYPE: "application/json"}


class Receiver:
    """Answers Cockpit's POSTs.

    Args:
        ingest: Takes the bodies.
        sources: The Cockpit sites, by name.
        max_body: Bytes that a body may have.
    """

    def __init__(self, ingest: Ingest, sources: Mapping[str, Source], max_body: int) -> None:
        self._ingest = ingest
        self._doors = {name: Door(name, source) for name, source in sources.items()}
        self._max_body = max_body

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post("/cockpit/{source}", self.receive, expect_handler=self.expect),
            web.post("/cockpit/{source}/{label}", self.receive, expect_handler=self.expect),
        ]

    async def expect(self, request: web.Request) -> web.Response | None:
        """Answer `Expect: 100-continue`, which Cockpit's curl sends above 1 MiB, once the request is let in."""
        try:
            self._admit(request)
            if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
                raise Problem(HTTPStatus.EXPECTATION_FAILED, "The only expectation met here is 100-continue.")  # noqa: TRY301
        except Problem as problem:  # aiohttp calls this before the middlewares
            return problem.response()
        if request.version == HttpVersion11:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return None

    async def receive(self, request: web.Request) -> web.Response:
        """Store the event and answer 202."""
        source = self._admit(request)
        body = await request.read()
        headers = request.headers
        key = next((headers[name] for name in IDEMPOTENCY_HEADERS if name in headers), None)
        via = _via(headers.get(VIA_HEADER, ""))
        receipt = await self._ingest.receive(source, request.match_info.get("label") or None, body, key, via)
        return _answer(receipt)

    def _admit(self, request: web.Request) -> str:
        """Return the source, if the request may be read."""
        name = request.match_info["source"]
        door = self._doors.get(name)
        if door is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no source {name!r}; sources are named in the configuration.")
        door.check(request)
        length = request.content_length
        if length is None and hdrs.TRANSFER_ENCODING not in request.headers:
            raise Problem(HTTPStatus.LENGTH_REQUIRED, "A body needs a Content-Length.")
        if length is not None and length > self._max_body:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body has {length} bytes; server.max_body allows {self._max_body}.",
            )
        return name


class Door:
    """Lets requests of one source in, by its tokens.

    Args:
        name: The source's name.
        source: Its configuration.
    """

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._header = source.header
        self._tokens = [token.get_secret_value().encode() for token in source.tokens]

    def check(self, request: web.Request) -> None:
        """Raise a problem unless the request carries one of the tokens.

        A source without tokens takes requests from this machine only; one that a proxy forwarded is not.
        """
        if not self._tokens:
            self._require_local(request)
            return
        offered = self._offered(request)
        matches = [hmac.compare_digest(offered, token) for token in self._tokens]
        if not any(matches):
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                f"Source {self._name!r} needs one of its tokens, in the header {self._header} or as the password of "
                "HTTP Basic authentication.",
                headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="cockpit-gateway", charset="UTF-8"'},
            )

    def _offered(self, request: web.Request) -> bytes:
        header = request.headers.get(self._header)
        if header is not None:
            return header.strip().encode("utf-8", "surrogateescape")
        scheme, _, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "basic":
            return b""
        try:
            return base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""

    def _require_local(self, request: web.Request) -> None:
        forwarded = any(header in request.headers for header in FORWARDING_HEADERS)
        if forwarded or not _is_local(request.remote):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"Source {self._name!r} has no token, so it takes requests from this machine only. "
                f'Add to the configuration, under sources: {self._name}: tokens: ["${{{self._name.upper()}_TOKEN}}"]',
            )


@lru_cache(maxsize=1024)
def _is_local(remote: str | None) -> bool:
    """Tell whether a peer is on this machine; a Unix socket has no address."""
    return not remote or ipaddress.ip_address(remote).is_loopback


def _via(header: str) -> tuple[str, ...]:
    """Return the ids of the gateways that an event came through."""
    return tuple(_GATEWAY_ID.findall(header[:LONGEST_VIA]))


def _answer(receipt: Receipt) -> web.Response:
    if receipt.fate is Fate.REFUSED:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{receipt.name} fires for every webhook that is sent, with the body of the last one inside, and so feeds "
            "on itself until Cockpit runs out of memory. Remove it from Cockpit's webhook.",
        )
    document: dict[str, object] = {"id": receipt.event_id}
    if receipt.fate is Fate.DUPLICATE:
        document["duplicate"] = True
    if receipt.fate is Fate.IGNORED:
        document["ignored"] = receipt.name
    return web.Response(status=HTTPStatus.ACCEPTED, body=orjson.dumps(document), headers=ANSWER_HEADERS)
