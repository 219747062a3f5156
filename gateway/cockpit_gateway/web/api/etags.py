"""ETags: what has not changed is not sent again, and what has is not changed by mistake (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import ETag, hdrs, web

from cockpit_gateway.web.problems import Problem


def etag_of(body: bytes) -> str:
    """Return the ETag of an answer, as its header has it.

    Example:
        >>> etag_of(b"{}")
        '"7fdb3f6b8a7fd25ff0d8e5b5ea2d5f3c"'
    """
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_known(request: web.Request, etag: str) -> bool:
    """Tell whether whoever asks has this answer already, by `If-None-Match`."""
    known = request.if_none_match
    return known is not None and _matches(known, etag)


def refuse_changed(request: web.Request, etag: str) -> None:
    """Refuse a change of something that is not as it was when it was looked at, by `If-Match`.

    Raises:
        Problem: it is not.
    """
    expected = request.if_match
    if expected is not None and not _matches([one for one in expected if not one.is_weak], etag):
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "It has been changed since you looked at it; get it again, and change what is there now.",
            headers={hdrs.ETAG: etag},
        )


def _matches(candidates: Sequence[ETag], etag: str) -> bool:
    return any(candidate.value == "*" or f'"{candidate.value}"' == etag for candidate in candidates)
