"""What aiohttp's HTTP parser refuses, in words of our own: its messages hold the request's bytes, a token maybe."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.http_exceptions import InvalidHeader, InvalidURLError, LineTooLong

MOST_HEADERS = 100
"""Headers of a request."""

LONGEST_HEADER = 8190
"""Bytes of one header, its name included, and of the URL."""

LARGEST_HEAD = 32 * 1024
"""Bytes of a request before its body, if it arrives in pieces."""

DUPLICATE_CONTENT_TYPE = (
    "Content-Type arrived twice: a custom header of that name was typed into Cockpit's webhook form, which always "
    "sends one of its own. Remove it there."
)
TOO_MANY_HEADERS = f"The request has more than {MOST_HEADERS} headers."
HEAD_TOO_LARGE = f"The request's headers have more than {LARGEST_HEAD} bytes."


def refusal(status: int, error: BaseException | None, message: str) -> tuple[int, str]:
    """Return the status and the sentence for a request that could not be parsed.

    Args:
        status: What aiohttp would answer: 400 for whatever its parser raises.
        error: What the parser raised.
        message: What it said.
    """
    match error:
        case _ if status != HTTPStatus.BAD_REQUEST:
            return status, message
        case LineTooLong():
            return _TOO_LARGE, f"A header, or the URL, has more than {LONGEST_HEADER} bytes."
        case InvalidHeader():
            return (
                HTTPStatus.BAD_REQUEST,
                "The request is not valid HTTP: a header has a character it may not have.",
            )
        case InvalidURLError():
            return HTTPStatus.BAD_REQUEST, "The request is not valid HTTP: its URL is none."
        case _ if "Too many headers" in message:
            return _TOO_LARGE, TOO_MANY_HEADERS
        case _ if "Duplicate 'Content-Type'" in message:
            return HTTPStatus.BAD_REQUEST, DUPLICATE_CONTENT_TYPE
        case _:
            return HTTPStatus.BAD_REQUEST, _not_http(message)


def _not_http(message: str) -> str:
    """Return what the parser said without the excerpt of the request that follows it."""
    reason = " ".join(message.split("\n\n", 1)[0].split()).rstrip(":.")
    return f"The request is not valid HTTP: {reason or 'it could not be parsed'}."


_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
