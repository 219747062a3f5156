"""Reads, on a connection of their own: short and paged, so that the writer's checkpoints keep up."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.port import Backlog, DeliveryFilter, EventFilter, TargetState, Totals
from cockpit_gateway.store.sqlite.rows import (
    ATTEMPT_COLUMNS,
    DELIVERY_COLUMNS,
    EVENT_COLUMNS,
    attempt_of,
    delivery_of,
    event_of,
)

FROM_EVENTS = f"SELECT {EVENT_COLUMNS} FROM events e JOIN bodies b ON b.seq = e.seq"  # noqa: S608 - names, not data
FROM_DELIVERIES = (
    f"SELECT {DELIVERY_COLUMNS} FROM deliveries d "  # noqa: S608 - names, not data
    "JOIN targets t ON t.number = d.target JOIN events e ON e.seq = d.seq"
)
ABOUT = (
    "EXISTS (SELECT 1 FROM json_each(e.subjects) "
    "WHERE value = :subject OR substr(value, 1, length(:subject) + 1) = :subject || '/')"
)


def events(connection: sqlite3.Connection, wanted: EventFilter) -> Sequence[Event]:
    """List events, newest first."""
    conditions = {
        "e.name = :name": wanted.name,
        "e.source = :source": wanted.source,
        "e.status = :status": wanted.status,
        "e.seq < :before": wanted.before,
        ABOUT: wanted.subject,
    }
    where = _where(conditions)
    values = {
        "name": wanted.name,
        "source": wanted.source,
        "status": wanted.status and wanted.status.value,
        "before": wanted.before,
        "subject": wanted.subject,
        "limit": wanted.limit,
    }
    rows = connection.execute(f"{FROM_EVENTS} {where} ORDER BY e.seq DESC LIMIT :limit", values)
    return [event_of(row) for row in rows]


def event(connection: sqlite3.Connection, event_id: str) -> Event:
    """Return one event."""
    row = connection.execute(f"{FROM_EVENTS} WHERE e.id = ?", (event_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no event {event_id}")
    return event_of(row)


def deliveries(connection: sqlite3.Connection, wanted: DeliveryFilter) -> Sequence[Delivery]:
    """List deliveries, newest first."""
    conditions = {
        "t.plugin = :plugin": wanted.plugin,
        "t.target = :target": wanted.target,
        "d.state = :state": wanted.state,
        "e.id = :event_id": wanted.event_id,
        "d.id < :before": wanted.before,
    }
    where = _where(conditions)
    values = {
        "plugin": wanted.plugin,
        "target": wanted.target,
        "state": wanted.state and wanted.state.value,
        "event_id": wanted.event_id,
        "before": wanted.before,
        "limit": wanted.limit,
    }
    rows = connection.execute(f"{FROM_DELIVERIES} {where} ORDER BY d.id DESC LIMIT :limit", values)
    return [delivery_of(row) for row in rows]


def delivery(connection: sqlite3.Connection, delivery_id: str) -> Delivery:
    """Return one delivery."""
    row = connection.execute(f"{FROM_DELIVERIES} WHERE d.id = ?", (delivery_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return delivery_of(row)


def attempts(connection: sqlite3.Connection, delivery_id: str) -> Sequence[Attempt]:
    """Return a delivery's attempts, first to last."""
    rows = connection.execute(
        f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE delivery = ? ORDER BY number",  # noqa: S608 - names, not data
        (delivery_id,),
    )
    return [attempt_of(row) for row in rows]


def target_states(connection: sqlite3.Connection) -> Sequence[TargetState]:
    """Return the recorded state of every target."""
    rows = connection.execute("SELECT plugin, target, disabled, reason, changed_at FROM targets")
    return [
        TargetState(TargetId(plugin, target), bool(disabled), reason, changed_at)
        for plugin, target, disabled, reason, changed_at in rows
    ]


def backlog(connection: sqlite3.Connection) -> Mapping[TargetId, Backlog]:
    """Return what is pending, per target."""
    rows = connection.execute(
        "SELECT t.plugin, t.target, count(*), min(d.due_at) FROM deliveries d "
        "JOIN targets t ON t.number = d.target WHERE d.state = 'pending' GROUP BY d.target"
    )
    return {TargetId(plugin, target): Backlog(pending, due) for plugin, target, pending, due in rows}


def totals(connection: sqlite3.Connection) -> Totals:
    """Count rows."""
    by_status = connection.execute("SELECT status, count(*) FROM events GROUP BY status")
    by_state = connection.execute(
        "SELECT t.plugin, t.target, d.state, count(*) FROM deliveries d "
        "JOIN targets t ON t.number = d.target GROUP BY d.target, d.state"
    )
    return Totals(
        {EventStatus(status): count for status, count in by_status},
        {(TargetId(plugin, target), DeliveryState(state)): count for plugin, target, state, count in by_state},
    )


def _where(conditions: Mapping[str, Any]) -> str:
    asked = [condition for condition, value in conditions.items() if value is not None]
    return f"WHERE {' AND '.join(asked)}" if asked else ""
