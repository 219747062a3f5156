"""Rows of the database, and the objects they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Outcome, Response, Work
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.sqlite.bulk import Row


class DeliveryRow(NamedTuple):
    """A row of `deliveries` as it is first written."""

    id: str
    seq: int
    target: int
    key: str | None
    state: str
    due_at: float
    created_at: float
    size: int
    ended_at: float | None = None
    reason: str | None = None
    superseded_by: str | None = None
    window_at: float | None = None
    owner: str | None = None
    batch: int = 1
    fresh_at: float = 0.0


def event_row(event: Event) -> Row:
    """Return an event as a row of `events`."""
    return (
        event.seq,
        event.id,
        event.name,
        event.source,
        event.label,
        event.hook,
        event.backend,
        orjson.dumps(event.subjects).decode(),
        event.status.value,
        event.problem,
        event.received_at,
        ",".join(event.via) or None,
        event.trace,
    )


EVENT_WIDTH = 14
"""Columns that `event_of` takes."""


def event_of(row: Row) -> Event:
    """Return the event of a row of `event_columns`."""
    seq, event_id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace, body = row
    return Event(
        event_id,
        name,
        source,
        body,
        received_at,
        label,
        hook,
        backend,
        tuple(orjson.loads(subjects)),
        EventStatus(status),
        problem,
        seq,
        tuple(via.split(",")) if via else (),
        trace,
    )


def delivery_of(row: Row) -> Delivery:
    """Return the delivery of a row of `delivery_columns`."""
    delivery_id, event_id, seq, plugin, target, key, state, *rest = row
    return Delivery(delivery_id, event_id, seq, plugin, target, key, DeliveryState(state), *rest)


def work_of(row: Row) -> Work:
    """Return the delivery and the event of a row of `leased_work`."""
    return Work(delivery_of(row[:-EVENT_WIDTH]), event_of(row[-EVENT_WIDTH:]))


def attempt_row(delivery_id: str, attempt: Attempt) -> Row:
    """Return an attempt as a row for `insert_attempts`."""
    response = attempt.response
    return (
        delivery_id,
        attempt.number,
        attempt.started_at,
        attempt.duration,
        attempt.outcome.value,
        attempt.reason,
        None if response is None else response.status,
        None if response is None else orjson.dumps(response.headers).decode(),
        None if response is None else response.body,
        None if response is None else int(response.truncated),
    )


def attempt_of(row: Row) -> Attempt:
    """Return the attempt of a row of `attempts`."""
    number, started_at, duration, outcome, reason, status, headers, body, truncated = row
    response = None
    if headers is not None:
        pairs: Iterable[tuple[str, str]] = ((name, value) for name, value in orjson.loads(headers))
        response = Response(status, tuple(pairs), body, bool(truncated))
    return Attempt(number, started_at, duration, Outcome(outcome), reason, response)
