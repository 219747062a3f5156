"""What forms send, as the queries of the admin API: a field that is left empty narrows nothing."""

from __future__ import annotations

import re

from multidict import MultiDict, MultiMapping

TIMES = ("since", "until")

_LOCAL = re.compile(r"[\d-]+T[\d:.]+", re.ASCII)
"""A time without its offset."""


def narrowed(query: MultiMapping[str], *, limit: int) -> MultiDict[str]:
    """Return the parameters of a list as `web/api/queries.py` reads them.

    Args:
        query: What the form sent; its times are in UTC, as a browser's date field writes them.
        limit: Rows on a page.

    Example:
        >>> narrowed(MultiDict(name="", since="2026-11-20T08:00"), limit=50)
        <MultiDict('since': '2026-11-20T08:00+00:00', 'limit': '50')>
        >>> narrowed(MultiDict(since="2026-11-20T08:00-05:00"), limit=50)
        <MultiDict('since': '2026-11-20T08:00-05:00', 'limit': '50')>
    """
    given = MultiDict((name, text.strip()) for name, text in query.items() if text.strip() and name != "limit")
    for name in TIMES:
        if name in given and _LOCAL.fullmatch(given[name]):
            given[name] += "+00:00"
    given["limit"] = str(limit)
    return given


def chosen(query: MultiMapping[str], *names: str) -> dict[str, str]:
    """Return some parameters of a request as a form shows them: "" for one that is not given."""
    return {name: query.get(name, "").strip() for name in names}
