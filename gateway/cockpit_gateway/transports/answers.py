"""What is read and kept of an HTTP answer, and when it asks to be called again."""

from __future__ import annotations

import asyncio
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp

from cockpit_gateway.deliveries import Response

KEPT_BODY = 4096
"""Bytes of an answer's body that are kept."""

KEPT_HEADERS = 8192
"""Characters of an answer's headers that are kept."""

READ_BODY = 65536
"""Bytes of an answer's body that are read, so that the connection can be used again; of a longer one it is dropped."""

ANSWER_PATIENCE = 3.0
"""Seconds that an answer's body gets after its status: the outcome no longer depends on it."""

_PHRASES = {status.value: f"HTTP {status.value} {status.phrase}" for status in HTTPStatus}


async def read_answer(answer: aiohttp.ClientResponse, patience: float = ANSWER_PATIENCE) -> Response:
    """Read what is kept of an answer; a body that is too long, too slow or broken costs the connection only.

    Args:
        answer: Status and headers have arrived.
        patience: Seconds that the body gets.
    """
    # Mostly the whole answer came in one packet: then there is nothing to wait for, and no timer to set.
    body, whole = (
        (answer.content.read_nowait(), True) if answer.content.is_eof() else await _read_body(answer, patience)
    )
    if not whole:
        answer.close()
    return Response(
        answer.status, _kept_headers(answer), body[:KEPT_BODY], truncated=not whole or len(body) > KEPT_BODY
    )


async def _read_body(answer: aiohttp.ClientResponse, patience: float) -> tuple[bytes, bool]:
    """Return what arrives of a body within its bounds, and whether that is all of it."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            while len(body) <= READ_BODY:
                chunk = await answer.content.readany()
                if not chunk:
                    return bytes(body), True
                body += chunk
    except (OSError, aiohttp.ClientError):
        pass
    return bytes(body), False


def in_words(status: int) -> str:
    """Return an HTTP status in words.

    Example:
        >>> in_words(404)
        'HTTP 404 Not Found'
    """
    return _PHRASES.get(status, f"HTTP {status}")


def retry_after(response: Response, now: float) -> float | None:
    """Return the seconds that an answer's `Retry-After` asks for, in either form (RFC 9110 section 10.2.3).

    Args:
        response: The answer.
        now: Seconds since the Unix epoch.

    Returns:
        Seconds, 0.0 for a date that has passed; None without the header, or if it is neither form.

    Example:
        >>> retry_after(Response(503, (("Retry-After", "120"),)), now=0.0)
        120.0
    """
    value = next((value.strip() for name, value in response.headers if name.lower() == "retry-after"), "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _kept_headers(answer: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    room = KEPT_HEADERS
    for name, value in answer.headers.items():
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append((name, value if value.isascii() else _printable(value)))
    return tuple(kept)


def _printable(value: str) -> str:
    """Replace what is not UTF-8, which aiohttp hands on as lone surrogates and no store takes."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
