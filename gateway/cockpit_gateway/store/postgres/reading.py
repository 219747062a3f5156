"""Reads: short and paged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Hold, TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.store.postgres.rows import attempt_of, delivery_of, event_of, target_id_of
from cockpit_gateway.store.postgres.statements import Connection, Query, compiled, query, statement
from cockpit_gateway.store.postgres.text import from_store_or_none
from cockpit_gateway.store.records import Backlog, DeliveryFilter, EventFilter, TargetState, Totals

EVENT = query("event", "event_columns")
DELIVERY = query("delivery", "delivery_columns")
HELD_BACK_BY = query("held_back_by", "ancestors", "delivery_columns")
ATTEMPTS = query("attempts")
BATCH = query("batch", "event_columns")
GATEWAY_ID = query("gateway_id")
NAME_GATEWAY = query("name_gateway")
TARGET_STATES = query("target_states")
BACKLOG = query("backlog")
DEAD_LETTERS = query("dead_letters")
COUNT_EVENTS = query("count_events")
COUNT_DELIVERIES = query("count_deliveries")


async def event(connection: Connection, event_id: str) -> Event:
    """Return one event."""
    row = await EVENT.row(connection, id=event_id)
    if not row:
        raise NotFoundError(f"there is no event {event_id}")
    return event_of(row)


async def delivery(connection: Connection, delivery_id: str) -> Delivery:
    """Return one delivery."""
    row = await DELIVERY.row(connection, id=delivery_id)
    if not row:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return delivery_of(row)


async def held_back_by(connection: Connection, delivery_id: str) -> Delivery | None:
    """Return what a delivery of an ordered target waits for, None for nothing."""
    row = await HELD_BACK_BY.row(connection, id=delivery_id)
    return delivery_of(row) if row else None


async def attempts(connection: Connection, delivery_id: str) -> Sequence[Attempt]:
    """Return a delivery's attempts, first to last."""
    return [attempt_of(row) for row in await ATTEMPTS.rows(connection, id=delivery_id)]


async def batch(connection: Connection, delivery_id: str) -> Sequence[Event]:
    """Return the events that a delivery carries."""
    return [event_of(row) for row in await BATCH.rows(connection, id=delivery_id)]


async def gateway_id(connection: Connection) -> str:
    """Return the gateway's own id; made with the store, by one at a time."""
    found = await GATEWAY_ID.value(connection)
    if found is None:
        await NAME_GATEWAY.run(connection, id=uuid.uuid4().hex)
        found = await GATEWAY_ID.value(connection)
    return str(found)


async def target_states(connection: Connection) -> Sequence[TargetState]:
    """Return the recorded state of every target."""
    return [
        TargetState(target_id_of(plugin, target), held and Hold(held), from_store_or_none(reason), *rest)
        for plugin, target, held, reason, *rest in await TARGET_STATES.rows(connection)
    ]


async def backlog(connection: Connection) -> Mapping[TargetId, Backlog]:
    """Return what is pending, per target."""
    rows = await BACKLOG.rows(connection)
    return {target_id_of(plugin, target): Backlog(*waiting) for plugin, target, *waiting in rows}


async def dead_letters(connection: Connection) -> Mapping[TargetId, int]:
    """Count dead letters, per target that has some."""
    return {target_id_of(*names): count for *names, count in await DEAD_LETTERS.rows(connection)}


async def totals(connection: Connection) -> Totals:
    """Count rows."""
    return Totals(
        {EventStatus(status): count for status, count in await COUNT_EVENTS.rows(connection) if count},
        {
            (target_id_of(plugin, target), DeliveryState(state)): count
            for plugin, target, state, count in await COUNT_DELIVERIES.rows(connection)
            if count
        },
    )


def narrowed(text: str, **conditions: bool) -> Query:
    """Return a statement with the conditions that are asked for: those for which there is an index."""
    asked = [statement(name) for name, holds in conditions.items() if holds]
    return compiled(text.replace("{narrowed}", " ".join(asked)))


def values(wanted: EventFilter | DeliveryFilter) -> dict[str, Any]:
    """Return a filter as the parameters of a statement."""
    given = asdict(wanted) | {"ids": [*wanted.ids]}
    if isinstance(wanted, DeliveryFilter):
        given["states"] = [*wanted.states] or None
        given["state"] = wanted.states[0] if wanted.states else None
    return given
