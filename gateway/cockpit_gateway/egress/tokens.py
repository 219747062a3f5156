"""Access tokens by OAuth 2.0 client credentials (RFC 6749 section 4.4), kept until shortly before they expire."""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

import orjson
from yarl import URL

from cockpit_gateway.egress.channel import Channel

LONGEST_ANSWER = 64 * 1024
"""Bytes that are read of a token endpoint's answer."""

USUAL_LIFE = 300.0
"""Seconds that a token is used if its answer does not say how long it lives."""

LEEWAY = 30.0
"""Seconds before its end at which a token is no longer used; of a short life, a tenth."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What can stand in `Authorization: Bearer` (RFC 6750 section 2.1)."""

_ERROR = re.compile(r"[a-z_]{1,60}")
"""The error codes of RFC 6749 section 5.2."""


class TokenError(Exception):
    """The token endpoint gave no token; the text says why, and never holds a secret."""


class ClientCredentials:
    """Gets tokens for one client.

    Args:
        url: The token endpoint.
        client_id: The client.
        client_secret: Its secret.
        parameters: What is asked for: scope, audience, resource.
        in_body: True to send id and secret in the body, False for HTTP Basic, which RFC 6749 prefers.
    """

    def __init__(
        self, *, url: str, client_id: str, client_secret: str, parameters: Mapping[str, str], in_body: bool
    ) -> None:
        self._url = URL(url)
        self._form = {"grant_type": "client_credentials", **parameters}
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if in_body:
            self._form |= {"client_id": client_id, "client_secret": client_secret}
        else:
            credentials = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"  # RFC 6749 section 2.3.1
            self._headers["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._until = 0.0

    async def token(self, channel: Channel) -> str:
        """Return a token that is valid now; many ask at once, one request is made.

        Args:
            channel: What the request goes through.

        Raises:
            TokenError: the token endpoint gave none.
            aiohttp.ClientError: it could not be asked.
        """
        async with self._asking:
            if self._token is None or time.monotonic() >= self._until:
                self._token, life = _read(*await self._ask(channel))
                self._until = time.monotonic() + life - min(LEEWAY, life / 10)
            return self._token

    def forget(self, refused: str) -> None:
        """A token was refused: the next one is asked for, unless somebody has it already."""
        if self._token == refused:
            self._token = None

    async def _ask(self, channel: Channel) -> tuple[int, bytes]:
        async with channel.request("POST", self._url, data=self._form, headers=self._headers) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    answer.close()
                    raise TokenError("its answer is too long")
            return answer.status, bytes(body)


def _read(status: int, body: bytes) -> tuple[str, float]:
    """Return a token and the seconds that it lives."""
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    fields: dict[str, Any] = document if isinstance(document, dict) else {}
    if status != 200:
        error = str(fields.get("error", ""))
        raise TokenError(f"HTTP {status}{' ' + error if _ERROR.fullmatch(error) else ''}")
    token, life = fields.get("access_token"), fields.get("expires_in")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise TokenError("its answer holds no access_token")
    if str(fields.get("token_type", "bearer")).lower() != "bearer":
        raise TokenError("its token is of another type than Bearer")
    return token, max(0.0, float(life)) if isinstance(life, int | float) else USUAL_LIFE
