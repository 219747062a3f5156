"""One attempt over HTTP: the request, made ready once per endpoint, and the session that all endpoints share."""

from __future__ import annotations

import io
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from cockpit_gateway import Delivery, Event, Response, Retry, __version__
from cockpit_gateway.clock import Clock
from cockpit_gateway.events import VIA_HEADER
from cockpit_gateway_webhook.answers import PATIENCE, read_answer, settle
from cockpit_gateway_webhook.bodies import Body
from cockpit_gateway_webhook.failures import explain
from cockpit_gateway_webhook.signing import Signer, sign

USER_AGENT = f"cockpit-gateway/{__version__}"

IDLE_CONNECTION = 1.5
"""Seconds that an idle connection is kept: less than servers do, so that it is not used while they close it."""

IN_ONE_PIECE = 1024 * 1024
"""Bytes; a longer body is written piece by piece, so that it does not hold the event loop."""


def open_session() -> aiohttp.ClientSession:
    """Return the session of all endpoints.

    It has no limits and no timeouts of its own, because the gateway keeps each target's; no cookies, because
    deliveries have nothing to do with each other; and it unpacks no answer, because a small one may unpack to
    gigabytes.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
    )


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


class Sender:
    """Makes the attempts of one endpoint.

    Args:
        method: The HTTP method.
        url: Where to.
        headers: What all requests have in common.
        signers: What signs; none for no signature.
        timeout: Time budget of an attempt, seconds.
        body: Makes the bytes to send.
    """

    def __init__(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        signers: Sequence[Signer],
        timeout: float,
        body: Body,
    ) -> None:
        self._method = method
        self._url = URL(url)
        self._headers = headers
        self._signers = signers
        self._timeout = timeout
        self._body = body

    async def send(
        self, session: aiohttp.ClientSession, delivery: Delivery, events: Sequence[Event], clock: Clock
    ) -> Response:
        """Make one attempt.

        Args:
            session: The shared session.
            delivery: Its id is the `webhook-id`.
            events: What is sent: one event, or those of a burst.
            clock: Its time is the `webhook-timestamp`.

        Returns:
            The answer, if it means "delivered".

        Raises:
            Retry: No answer, or one that means "not now".
            Reject: The receiver wants no more.
        """
        began = time.monotonic()
        body = self._make_body(events)
        try:
            async with session.request(
                self._method,
                self._url,
                data=body if len(body) <= IN_ONE_PIECE else io.BytesIO(body),
                headers=self._headers_for(delivery.id, int(clock.time()), body, via=events[-1].via),
                allow_redirects=False,
            ) as answer:
                response = await read_answer(answer, self._patience(time.monotonic() - began))
        except (aiohttp.ClientError, OSError) as error:
            raise Retry(explain(error)) from error
        return settle(response, clock.time())

    def _patience(self, spent: float) -> float:
        """Return the seconds that an answer's body gets: its status has decided, and must not be lost to the budget."""
        return max(0.0, min(PATIENCE, 0.9 * self._timeout - spent))

    def _make_body(self, events: Sequence[Event]) -> bytes:
        try:
            return self._body(events)
        except Exception as error:
            raise Retry(f"the template failed: {error}") from error

    def _headers_for(self, message_id: str, timestamp: int, body: bytes, *, via: Sequence[str]) -> CIMultiDict[str]:
        headers = CIMultiDict(self._headers)
        if via:
            headers[VIA_HEADER] = ", ".join(via)
        headers["webhook-id"] = message_id
        headers["webhook-timestamp"] = str(timestamp)
        if self._signers:
            headers["webhook-signature"] = sign(self._signers, message_id, timestamp, body)
        return headers
