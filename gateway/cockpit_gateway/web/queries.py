"""What the parameters of a request ask for; one that cannot be understood is a problem that says what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from multidict import MultiMapping

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.events import EventStatus
from cockpit_gateway.store.records import Cursor, DeliveryFilter, EventFilter
from cockpit_gateway.web.problems import Problem

MOST_AT_ONCE = 1000
"""Rows on a page."""

MOST_NAMED = 100
"""Ids in one request."""

Query: TypeAlias = MultiMapping[str]
_Member = TypeVar("_Member", EventStatus, DeliveryState)


def event_filter(query: Query) -> EventFilter:
    """Return which events are asked for."""
    since, until = _period(query)
    return EventFilter(
        ids=_ids(query),
        name=query.get("name"),
        source=query.get("source"),
        subject=query.get("subject"),
        status=_member(EventStatus, query["status"], "status") if "status" in query else None,
        since=since,
        until=until,
        before=_number(query, "before"),
        limit=_limit(query),
    )


def delivery_filter(query: Query) -> DeliveryFilter:
    """Return which deliveries are asked for."""
    since, until = _period(query)
    return DeliveryFilter(
        ids=_ids(query),
        plugin=query.get("plugin"),
        target=query.get("target"),
        states=[_member(DeliveryState, state, "state") for state in query.getall("state", [])],
        event_id=query.get("event"),
        name=query.get("name"),
        source=query.get("source"),
        subject=query.get("subject"),
        since=since,
        until=until,
        before=query.get("before"),
        limit=_limit(query),
    )


def cursor(query: Query) -> Cursor | None:
    """Return where a walk goes on, None for its beginning."""
    text = query.get("cursor")
    if text is None:
        return None
    parts = text.split("-")
    if len(parts) != len(Cursor._fields) or not all(map(_is_number, parts)):
        raise Problem(HTTPStatus.BAD_REQUEST, f"cursor is the `next` of the step before, not {text!r}.")
    return Cursor(*map(int, parts))


def cursor_text(following: Cursor | None) -> str | None:
    """Return a cursor as the API gives it.

    Example:
        >>> cursor_text(Cursor(7, 12, 90))
        '7-12-90'
    """
    return None if following is None else "-".join(map(str, following))


def flag(query: Query, name: str) -> bool:
    """Return whether something is asked for by `name=true`."""
    text = query.get(name, "false")
    if text not in ("true", "false"):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is true or false, not {text!r}.")
    return text == "true"


def _ids(query: Query) -> Sequence[str]:
    ids = query.getall("id", [])
    if len(ids) > MOST_NAMED:
        raise Problem(HTTPStatus.BAD_REQUEST, f"At most {MOST_NAMED} ids can be named at once; use a filter.")
    return ids


def _period(query: Query) -> tuple[float | None, float | None]:
    since, until = _time(query, "since"), _time(query, "until")
    if since is not None and until is not None and since >= until:
        raise Problem(HTTPStatus.BAD_REQUEST, f"since ({query['since']}) is not before until ({query['until']}).")
    return since, until


def _time(query: Query, name: str) -> float | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is a time like 2026-11-20T08:00:00Z, not {text!r}.")
    return moment.timestamp()


def _limit(query: Query) -> int:
    return min(_number(query, "limit") or 50, MOST_AT_ONCE)


def _number(query: Query, name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not _is_number(text):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is a whole number, not {text!r}.")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _member(kind: type[_Member], text: str, name: str) -> _Member:
    try:
        return kind(text)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is one of {', '.join(kind)}, not {text!r}.") from None
