"""What is written of an event."""

from __future__ import annotations

from cockpit_gateway import Delivery, Event
from cockpit_gateway.events import encode_json
from cockpit_gateway.transports import iso

BEGIN = b'{"delivery_id":'
"""What each line begins with."""


def line(delivery: Delivery, event: Event) -> bytes:
    """Return the line of an event, its end included; JSON escapes the ends of lines in what an event holds.

    Args:
        delivery: What brings it: repetitions of a line have the same `delivery_id` and `id`.
        event: The event.
    """
    content = {
        "delivery_id": delivery.id,
        "id": event.id,
        "seq": event.seq,
        "name": event.name,
        "source": event.source,
        "label": event.label,
        "hook": event.hook,
        "backend": event.backend,
        "subjects": list(event.subjects),
        "status": event.status.value,
        "problem": event.problem,
        "received_at": iso(event.received_at),
        "args": event.args,
    }
    if not event.name:
        content["body"] = event.body.decode("utf-8", "replace")
    return encode_json(content) + b"\n"
