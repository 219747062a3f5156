"""Doors: who may post to a source, and how often."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import time
from http import HTTPStatus

from aiohttp import hdrs, web

from cockpit_gateway.config import Source
from cockpit_gateway.delivery.bucket import TokenBucket
from cockpit_gateway.web.clients import Clients, is_in
from cockpit_gateway.web.problems import Problem


class Door:
    """Lets requests of one source in, by address, token and rate.

    Args:
        name: The source's name.
        source: Its configuration.
        clients: Tells where requests come from.
    """

    def __init__(self, name: str, source: Source, clients: Clients) -> None:
        self.source = source
        self._name = name
        self._header = source.header
        self._tokens = [token.get_secret_value().encode() for token in source.tokens]
        self._allowed = source.allow_from
        self._clients = clients
        self._bucket = None if source.rate is None else TokenBucket(source.rate, time.monotonic())

    def check(self, request: web.Request) -> None:
        """Raise a problem unless the request may be read.

        A source without tokens takes requests from this machine only; one that a proxy forwarded is not, unless the
        proxy is trusted and says that it is.
        """
        if self._allowed:
            self._require_allowed(request)
        if self._tokens:
            self._require_token(request)
        else:
            self._require_local(request)
        if self._bucket is not None:
            self._require_rate(self._bucket)

    def _require_allowed(self, request: web.Request) -> None:
        address = self._clients.address(request)
        if address is not None and not is_in(address, self._allowed):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"Source {self._name!r} takes nothing from {address}; sources.{self._name}.allow_from says from where.",
            )

    def _require_token(self, request: web.Request) -> None:
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
        if not self._is_local(request):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"Source {self._name!r} has no token, so it takes requests from this machine only. "
                f'Add to the configuration, under sources: {self._name}: tokens: ["${{{self._name.upper()}_TOKEN}}"]',
            )

    def _is_local(self, request: web.Request) -> bool:
        try:
            address = self._clients.address(request)
        except Problem:
            return False
        return address is None or address.is_loopback

    def _require_rate(self, bucket: TokenBucket) -> None:
        wait = bucket.take(time.monotonic())
        if wait > 0:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Source {self._name!r} posts more often than sources.{self._name}.rate allows.",
                retry_after=math.ceil(wait),
            )
