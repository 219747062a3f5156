"""Reads: short and paged, so that the writer's checkpoints keep up."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Hold, TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.records import Backlog, DeliveryFilter, EventFilter, TargetState, Totals
from cockpit_gateway.store.sqlite.rows import attempt_of, delivery_of, event_of
from cockpit_gateway.store.sqlite.statements import statement

EVENT = statement("event", "event_columns")
DELIVERY = statement("delivery", "delivery_columns")
HELD_BACK_BY = statement("held_back_by", "delivery_columns")
ATTEMPTS = statement("attempts")
BATCH = statement("batch", "event_columns")
GATEWAY_ID = statement("gateway_id")
NAME_GATEWAY = statement("name_gateway")
TARGET_STATES = statement("target_states")
BACKLOG = statement("backlog")
DEAD_LETTERS = statement("dead_letters")
COUNT_EVENTS = statement("count_events")
COUNT_DELIVERIES = statement("count_deliveries")


def event(connection: sqlite3.Connection, event_id: str) -> Event:
    """Return one event."""
    row = connection.execute(EVENT, (event_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no event {event_id}")
    return event_of(row)


def delivery(connection: sqlite3.Connection, delivery_id: str) -> Delivery:
    """Return one delivery."""
    row = connection.execute(DELIVERY, (delivery_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return delivery_of(row)


def held_back_by(connection: sqlite3.Connection, delivery_id: str) -> Delivery | None:
    """Return what a delivery of an ordered target waits for, None for nothing."""
    row = connection.execute(HELD_BACK_BY, {"id": delivery_id}).fetchone()
    return None if row is None else delivery_of(row)


def attempts(connection: sqlite3.Connection, delivery_id: str) -> Sequence[Attempt]:
    """Return a delivery's attempts, first to last."""
    return [attempt_of(row) for row in connection.execute(ATTEMPTS, (delivery_id,))]


def batch(connection: sqlite3.Connection, delivery_id: str) -> Sequence[Event]:
    """Return the events that a delivery carries."""
    return [event_of(row) for row in connection.execute(BATCH, {"id": delivery_id})]


def gateway_id(connection: sqlite3.Connection) -> str:
    """Return the gateway's own id; made with the store."""
    row = connection.execute(GATEWAY_ID).fetchone()
    if row is None:
        connection.execute(NAME_GATEWAY, (uuid.uuid4().hex,))
        row = connection.execute(GATEWAY_ID).fetchone()
    return str(row[0])


def target_states(connection: sqlite3.Connection) -> Sequence[TargetState]:
    """Return the recorded state of every target."""
    return [
        TargetState(TargetId(plugin, target), held and Hold(held), reason, changed_at, failing_for)
        for plugin, target, held, reason, changed_at, failing_for in connection.execute(TARGET_STATES)
    ]


def backlog(connection: sqlite3.Connection) -> Mapping[TargetId, Backlog]:
    """Return what is pending, per target."""
    rows = connection.execute(BACKLOG)
    return {TargetId(plugin, target): Backlog(*waiting) for plugin, target, *waiting in rows}


def dead_letters(connection: sqlite3.Connection) -> Mapping[TargetId, int]:
    """Count dead letters, per target that has some."""
    return {TargetId(*names): count for *names, count in connection.execute(DEAD_LETTERS)}


def totals(connection: sqlite3.Connection) -> Totals:
    """Count rows."""
    return Totals(
        {EventStatus(status): count for status, count in connection.execute(COUNT_EVENTS) if count},
        {
            (TargetId(plugin, target), DeliveryState(state)): count
            for plugin, target, state, count in connection.execute(COUNT_DELIVERIES)
            if count
        },
    )


def narrowed(query: str, **conditions: bool) -> str:
    """Add the conditions that are asked for: those for which there is an index."""
    asked = [statement(name) for name, holds in conditions.items() if holds]
    return query.replace("{narrowed}", " ".join(asked))


def values(wanted: EventFilter | DeliveryFilter) -> dict[str, Any]:
    """Return a filter as the parameters of a statement."""
    # Subjects are stored as a JSON array: of one, or of what is below it, this is in the text.
    text = None if wanted.subject is None else json.dumps(wanted.subject, ensure_ascii=False)[:-1]
    given = asdict(wanted) | {"ids": json.dumps(list(wanted.ids)), "subject_text": text}
    if isinstance(wanted, DeliveryFilter):
        given["states"] = json.dumps(wanted.states) if wanted.states else None
        given["state"] = wanted.states[0] if wanted.states else None
    return given
