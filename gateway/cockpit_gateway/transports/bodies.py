"""What is sent of an event: Cockpit's own bytes, a Standard Webhooks object, or a template's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.events import Event, JSONArray, JSONObject, encode_json
from cockpit_gateway.expressions import Template
from cockpit_gateway.transports.rendering import render

Body: TypeAlias = Callable[[Sequence[Event]], bytes]
"""Makes the bytes to send of the events that a delivery carries: one, or several of a burst, oldest first."""

BATCH = "gateway.batch"
"""Type of the Standard Webhooks object that carries several events."""

_NOT_IN_A_TYPE = re.compile(r"[^a-zA-Z0-9_.]")


def cockpit_body(events: Sequence[Event]) -> bytes:
    """Return the bytes that Cockpit sent, or what redaction left of them."""
    return events[-1].body


def standard_body(catalogue: Catalogue) -> Body:
    """Return what makes the JSON object of Standard Webhooks 1.0.0 ("Payload structure").

    `type` is the event's generic name ("collections.save.after", also of "collections.save.after.posts"), with "_"
    for characters that the specification does not allow; `timestamp` is when the event was received. `data` has
    the event's `id`, full name (`event`), `source`, `label`, `hook`, `backend` and `subjects`, Cockpit's arguments
    by name (`arguments`, null for one that is missing) and as they came (`args`).

    Args:
        catalogue: Knows the generic names and the arguments' names.
    """
    return lambda events: encode_json(_standard_object(events[-1], catalogue))


def standard_batch(catalogue: Catalogue) -> Body:
    """Return what makes one Standard Webhooks object of several events.

    Its `type` is "gateway.batch", its `timestamp` that of the newest event, and `data.events` has the object of each
    event, oldest first.

    Args:
        catalogue: Knows the generic names and the arguments' names.
    """

    def make(events: Sequence[Event]) -> bytes:
        objects: JSONArray = [_standard_object(event, catalogue) for event in events]
        return encode_json({"type": BATCH, "timestamp": iso(events[-1].received_at), "data": {"events": objects}})

    return make


def template_body(template: Template, catalogue: Catalogue) -> Body:
    """Return what renders a template; its `events` are those that the delivery carries, as `event` shows the newest.

    Args:
        template: The template.
        catalogue: Knows the arguments' names.
    """
    return lambda events: render(template, events, catalogue).encode()


def _standard_object(event: Event, catalogue: Catalogue) -> JSONObject:
    match = catalogue.match(event.name)
    generic_name = match.entry.generic_name if match else event.name
    return {
        "type": _NOT_IN_A_TYPE.sub("_", generic_name),
        "timestamp": iso(event.received_at),
        "data": {
            "id": event.id,
            "event": event.name,
            "source": event.source,
            "label": event.label,
            "hook": event.hook,
            "backend": event.backend,
            "subjects": event.subjects,
            "arguments": catalogue.bind(event.name, event.args),
            "args": event.args,
        },
    }


def iso(seconds: float) -> str:
    """Write seconds since the Unix epoch as ISO 8601 in UTC, to the millisecond.

    Example:
        >>> iso(0.5)
        '1970-01-01T00:00:00.500Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
