"""One attempt over HTTP: the request, made ready once per endpoint."""

from __future__ import annotations

import io
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

import aiohttp
from aiohttp.payload import BytesPayload
from multidict import CIMultiDict, istr
from yarl import URL

from cockpit_gateway import Delivery, Event, RequestPreview, Response, Retry, __version__
from cockpit_gateway.clock import Clock
from cockpit_gateway.egress.channel import Channel
from cockpit_gateway.egress.tokens import ClientCredentials, TokenError
from cockpit_gateway.events import VIA_HEADER
from cockpit_gateway.transports import ANSWER_PATIENCE, Body, explain, read_answer
from cockpit_gateway_webhook.answers import settle
from cockpit_gateway_webhook.signing import Signer, sign

USER_AGENT = f"cockpit-gateway/{__version__}"

ID, TIMESTAMP, SIGNATURE = istr("webhook-id"), istr("webhook-timestamp"), istr("webhook-signature")
"""The headers of Standard Webhooks."""

TRACE = istr("traceparent")
"""The header of W3C Trace Context."""

MASK = "***"

_SHOWN = frozenset(
    istr(name) for name in ("Accept", "Accept-Encoding", "User-Agent", "Content-Type", VIA_HEADER, ID, TIMESTAMP)
)
"""Headers with nothing secret in them; a signature, and what an endpoint's settings add, may be."""

IN_ONE_PIECE = 1024 * 1024
"""Bytes; a longer body is written piece by piece, so that it does not hold the event loop."""


def fixed_headers(
    content_type: str, custom: Mapping[str, str], *, basic_auth: tuple[str, str] | None, bearer: str | None
) -> Mapping[str, str]:
    """Return the headers that an endpoint's requests have in common.

    Args:
        content_type: Of the body.
        custom: The endpoint's own headers; they win.
        basic_auth: User and password.
        bearer: A token.
    """
    headers = CIMultiDict(
        {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT, "Content-Type": content_type}
    )
    if basic_auth is not None:
        headers["Authorization"] = "Basic " + b64encode(":".join(basic_auth).encode()).decode()
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    headers.update(custom)
    return headers


class Signature(NamedTuple):
    """What signs, and how long.

    Attributes:
        signer: Makes the signature.
        until: From when on it is not used any more, seconds since the Unix epoch.
    """

    signer: Signer
    until: float


class Sender:
    """Makes the attempts of one endpoint.

    Args:
        method: The HTTP method.
        url: Where to.
        headers: What all requests have in common.
        signatures: What signs; none for no signature.
        tokens: Gets access tokens, None if none are needed.
        timeout: Time budget of an attempt, seconds.
        body: Makes the bytes to send.
    """

    def __init__(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        signatures: Sequence[Signature],
        tokens: ClientCredentials | None,
        timeout: float,
        body: Body,
    ) -> None:
        self._method = method
        self._url = URL(url)
        self._headers = headers
        self._signatures = signatures
        self._tokens = tokens
        self._timeout = timeout
        self._body = body

    async def send(
        self, channel: Channel, delivery: Delivery, events: Sequence[Event], clock: Clock, trace: str | None = None
    ) -> Response:
        """Make one attempt.

        Args:
            channel: What the request goes through.
            delivery: Its id is the `webhook-id`.
            events: What is sent: one event, or those of a burst.
            clock: Its time is the `webhook-timestamp`.
            trace: The attempt's `traceparent`, None without one.

        Returns:
            The answer, if it means "delivered".

        Raises:
            Retry: No answer, or one that means "not now".
            Reject: The receiver wants no more.
        """
        began = time.monotonic()
        body = self._body(events)
        token = None if self._tokens is None else await _token(self._tokens, channel)
        headers = self._headers_for(delivery.id, clock.time(), body, via=events[-1].via)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if trace is not None:
            headers.setdefault(TRACE, trace)
        try:
            async with channel.request(
                self._method,
                self._url,
                data=BytesPayload(body) if len(body) <= IN_ONE_PIECE else io.BytesIO(body),
                headers=headers,
            ) as answer:
                response = await read_answer(answer, self._patience(time.monotonic() - began))
        except (aiohttp.ClientError, OSError) as error:
            raise Retry(explain(error)) from error
        if self._tokens is not None and token is not None and response.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.forget(token)
        return settle(response, clock.time())

    def preview(self, delivery: Delivery, events: Sequence[Event], clock: Clock) -> RequestPreview:
        """Return what an attempt would send now, with what may be secret masked; see `send` for the parameters."""
        body = self._body(events)
        headers = self._headers_for(delivery.id, clock.time(), body, via=events[-1].via)
        if self._tokens is not None:
            headers["Authorization"] = ""
        shown = tuple((name, value if name in _SHOWN else MASK) for name, value in headers.items())
        url = self._url.with_query([(name, MASK) for name in self._url.query]) if self._url.query else self._url
        return RequestPreview(self._method, url.human_repr(), shown, body)

    def _patience(self, spent: float) -> float:
        """Return the seconds that an answer's body gets: its status has decided, and must not be lost to the budget."""
        return max(0.0, min(ANSWER_PATIENCE, 0.9 * self._timeout - spent))

    def _headers_for(self, message_id: str, now: float, body: bytes, *, via: Sequence[str]) -> CIMultiDict[str]:
        headers = CIMultiDict(self._headers)
        if via:
            headers[VIA_HEADER] = ", ".join(via)
        headers[ID] = message_id
        headers[TIMESTAMP] = str(int(now))
        if self._signatures:
            signers = [signer for signer, until in self._signatures if now < until]
            headers[SIGNATURE] = sign(signers, message_id, int(now), body)
        return headers


async def _token(tokens: ClientCredentials, channel: Channel) -> str:
    try:
        return await tokens.token(channel)
    except TokenError as error:
        raise Retry(f"token endpoint: {error}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Retry(f"token endpoint: {explain(error)}") from error
