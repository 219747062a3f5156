"""The trace that what happens now belongs to (W3C Trace Context, level 1): taken from requests, given on with them."""

from __future__ import annotations

import re
from contextvars import ContextVar

HEADER = "traceparent"

_FORM = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})"
    r"(?P<fields>-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})"
    r"(?P<further>(?:-[\x21-\x7e]{0,256})?)"
)
"""Version; trace, parent and flags (section 3.2), where all zeroes stand for none; what a later version adds."""

current: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The header's value for whatever is asked of others now, None outside of any trace."""


def valid(header: str | None) -> str | None:
    """Return a `traceparent` in the form of version 00, None if it is none.

    Args:
        header: The header's value; None for a request without it. Of a later version, what 00 has is taken.

    Example:
        >>> valid("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
        >>> valid("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01") is None
        True
    """
    found = _FORM.fullmatch(header or "")
    if found is None or (found["version"] == "00" and found["further"]):
        return None
    return f"00{found['fields']}"
