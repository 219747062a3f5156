"""The trace that what happens now belongs to (W3C Trace Context, level 1): taken from requests, given on with them."""

from __future__ import annotations

import re
from contextvars import ContextVar

HEADER = "traceparent"

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, parent and flags (section 3.2); all zeroes stand for none."""

current: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The header's value for whatever is asked of others now, None outside of any trace."""


def valid(header: str | None) -> str | None:
    """Return a `traceparent` as it came, None if it is none.

    Args:
        header: The header's value; None for a request without it.

    Example:
        >>> valid("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
        >>> valid("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01") is None
        True
    """
    return header if header is not None and _FORM.fullmatch(header) else None
