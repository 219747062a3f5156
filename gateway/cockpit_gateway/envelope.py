"""Cockpit's envelope: `{"event": str, "hook": str|null, "backend": 1|0, "args": list}` (Cockpit/webhooks.php).

Whatever arrives becomes an event: what cannot be decoded is an undecodable one, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import orjson

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.events import Event, EventStatus, JSONValue, decode_args, event_name

_LEADING_NAME = re.compile(rb'\s*\{\s*"event"\s*:\s*("(?:[^"\\]|\\.){0,1024}")')

_CONTAINERS = (dict, list)

MOST_VALUES = 1_000_000
"""Values in a body that is parsed, as the commas and opening brackets in it suggest: a value takes sixty bytes or many
more, however short it is written."""

_BEFORE_VALUES = (b",", b"[", b"{")


@dataclass(frozen=True, slots=True)
class Arrival:
    """By which way a body came.

    Attributes:
        source: The Cockpit site.
        label: The last part of the path, None without one.
        via: The ids of the gateways that it came through.
        trace: The trace that it belongs to, as a `traceparent`; None for none.
    """

    source: str
    label: str | None = None
    via: tuple[str, ...] = ()
    trace: str | None = None


def leading_name(body: bytes) -> str | None:
    """Return the event's name if it is the first key, as in Cockpit's own bodies; None otherwise.

    Reads no further than the name, so that noise can be told before a large body is parsed.

    Example:
        >>> leading_name(b'{"event":"cockpit.bootstrap","hook":"all"…')
        'cockpit.bootstrap'
    """
    found = _LEADING_NAME.match(body)
    if found is None:
        return None
    try:
        name: str = orjson.loads(found[1])
    except orjson.JSONDecodeError:
        return None
    return event_name(name)


def read_envelope(
    body: bytes, arrival: Arrival, *, event_id: str, received_at: float, catalogue: Catalogue, max_depth: int
) -> Event:
    """Make the event of a body.

    Args:
        body: What was posted.
        arrival: By which way it came.
        event_id: The event's id.
        received_at: Seconds since the Unix epoch.
        catalogue: Tells what the event is about.
        max_depth: Levels that the body may be nested: what is deeper can be neither changed nor written anew.

    Returns:
        The event, with the status "undecodable" and the reason if the body is no envelope; "withheld" and without its
        arguments if it is nested too deep for filters to look for secrets in it, or has too many values.
    """
    if _has_too_many_values(body):
        withheld = _bare(body, arrival, event_id, received_at, name=leading_name(body) or "").with_args([])
        too_many = f"the body seems to have more than {MOST_VALUES:,} values: so many commas and brackets are in it"
        return replace(withheld, status=EventStatus.WITHHELD, problem=too_many)
    envelope, problem = _decode(body)
    if problem is not None:
        bare = _bare(body, arrival, event_id, received_at)
        return replace(bare, status=EventStatus.UNDECODABLE, problem=problem)
    name, hook, backend = envelope["event"], envelope.get("hook"), envelope.get("backend")
    args = envelope.get("args")
    listed = args if isinstance(args, list) else decode_args(body)
    event = Event(
        event_id,
        event_name(name),
        arrival.source,
        body,
        received_at,
        arrival.label,
        hook if isinstance(hook, str) else None,
        int(backend) if backend in (0, 1) else None,
        catalogue.subjects(name, listed),
        via=arrival.via,
        trace=arrival.trace,
        _args=listed,
    )
    # Each level needs a bracket: counting them is cheaper than walking through every body.
    if body.count(b"[") + body.count(b"{") > max_depth and _is_deeper(envelope, max_depth):
        problem = f"the body is nested deeper than the {max_depth} levels of server.max_depth"
        return replace(event.with_args([]), status=EventStatus.WITHHELD, problem=problem)
    return event


def _bare(body: bytes, arrival: Arrival, event_id: str, received_at: float, *, name: str = "") -> Event:
    """Return what is known of an event without its body."""
    source, label = arrival.source, arrival.label
    return Event(event_id, name, source, body, received_at, label, via=arrival.via, trace=arrival.trace)


def _decode(body: bytes) -> tuple[dict[str, JSONValue], str | None]:
    if not body:
        return {}, "the body is empty: Cockpit could not encode the event's arguments as JSON"
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return {}, f"the body is not JSON: {error}"
    if not isinstance(envelope, dict):
        return {}, "the body is not a JSON object"
    name = envelope.get("event")
    if not isinstance(name, str) or not name:
        return {}, 'the body has no "event" with a name'
    return envelope, None


def _has_too_many_values(body: bytes) -> bool:
    return len(body) > MOST_VALUES and sum(body.count(mark) for mark in _BEFORE_VALUES) > MOST_VALUES


def _is_deeper(value: JSONValue, levels: int) -> bool:
    """Tell whether some JSON has more levels than these, one level after the other: recursion would end the stack."""
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _CONTAINERS)
        ]
        if not level:
            return False
    return True
