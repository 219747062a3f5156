"""Rows of the database, and the objects they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Outcome, Response, TargetId, Work
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.postgres.text import Stored, from_store, from_store_or_none, to_store

EVENT_WIDTH = 14
"""Columns that `event_of` takes."""


class DeliveryRow(NamedTuple):
    """A row of `deliveries` as it is first written.

    Attributes:
        place: What joins it with its event: the event's place in its group, or its seq.
        id: And so on: the columns.
    """

    place: int
    id: str
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


_DELIVERY_COLUMNS = [
    "places",
    "ids",
    "targets",
    "keys",
    "states",
    "due",
    "created",
    "sizes",
    "ended",
    "reasons",
    "successors",
    "windows",
    "owners",
    "batches",
    "fresh",
]


def delivery_columns(rows: Sequence[DeliveryRow]) -> dict[str, list[Any]]:
    """Return rows as the parameters of `given_deliveries`: a list for each column."""
    columns: Iterable[Iterable[Any]] = zip(*rows, strict=True) if rows else ((),) * len(_DELIVERY_COLUMNS)
    return {f"d_{name}": [*column] for name, column in zip(_DELIVERY_COLUMNS, columns, strict=True)}


def event_columns(events: Sequence[Event]) -> dict[str, list[Any]]:
    """Return events as parameters of `accept`."""
    return {
        "places": [*range(len(events))],
        "ids": [event.id for event in events],
        "names": [event.name for event in events],
        "sources": [event.source for event in events],
        "labels": [event.label for event in events],
        "hooks": [event.hook for event in events],
        "backends": [event.backend for event in events],
        "subjects": [Stored(orjson.dumps(to_store([*event.subjects])).decode()) for event in events],
        "statuses": [event.status.value for event in events],
        "problems": [event.problem for event in events],
        "times": [event.received_at for event in events],
        "vias": [",".join(event.via) or None for event in events],
        "traces": [event.trace for event in events],
        "bodies": [event.body for event in events],
    }


def event_of(row: Sequence[Any]) -> Event:
    """Return the event of a row of `event_columns`."""
    seq, event_id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace, body = row
    return Event(
        event_id,
        from_store(name),
        from_store(source),
        body,
        received_at,
        from_store_or_none(label),
        from_store_or_none(hook),
        backend,
        tuple(from_store(subject) for subject in orjson.loads(subjects)),
        EventStatus(status),
        from_store_or_none(problem),
        seq,
        tuple(from_store(via).split(",")) if via else (),
        from_store_or_none(trace),
    )


def delivery_of(row: Sequence[Any]) -> Delivery:
    """Return the delivery of a row of `delivery_columns`."""
    delivery_id, event_id, seq, plugin, target, key, state, attempts, due_at, created_at, ended_at, reason, *rest = row
    return Delivery(
        delivery_id,
        event_id,
        seq,
        from_store(plugin),
        from_store(target),
        from_store_or_none(key),
        DeliveryState(state),
        attempts,
        due_at,
        created_at,
        ended_at,
        from_store_or_none(reason),
        *rest,
    )


def work_of(row: Sequence[Any]) -> Work:
    """Return the delivery and the event of a row of `leased_work`."""
    values = tuple(row)
    return Work(delivery_of(values[:-EVENT_WIDTH]), event_of(values[-EVENT_WIDTH:]))


def target_id_of(plugin: str, target: str) -> TargetId:
    """Return a target's name as it was given."""
    return TargetId(from_store(plugin), from_store(target))


def attempt_of(row: Sequence[Any]) -> Attempt:
    """Return the attempt of a row of `attempts`."""
    number, started_at, duration, outcome, reason, status, headers, body, truncated = row
    response = None
    if headers is not None:
        pairs: Iterable[tuple[str, str]] = ((name, value) for name, value in orjson.loads(from_store(headers)))
        response = Response(status, tuple(pairs), body, bool(truncated))
    return Attempt(number, started_at, duration, Outcome(outcome), from_store_or_none(reason), response)
