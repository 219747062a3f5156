"""Writing events and their deliveries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.deliveries import Delivery, DeliveryState, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store.records import Accepted, Duplicate, NewDelivery
from cockpit_gateway.store.sqlite import bulk
from cockpit_gateway.store.sqlite.coalescing import coalesce
from cockpit_gateway.store.sqlite.rows import DeliveryRow, event_row
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.sqlite.targets import TargetNumbers

INSERT_EVENTS = statement("insert_events")
INSERT_BODIES = statement("insert_bodies")
INSERT_DELIVERIES = statement("insert_deliveries")
LAST_SEQ = statement("last_seq")
PRUNE_DUPLICATES = statement("prune_duplicates")
EARLIER_EVENT = statement("earlier_event")
NOTE_EVENT = statement("note_event")

EXPIRED_AT_ONCE = 16
"""Expired duplicate keys removed with each new one, so that the table stays small without a sweep."""


class Plan(NamedTuple):
    """An event with its deliveries."""

    event: Event
    deliveries: Sequence[NewDelivery]


class Accept(NamedTuple):
    """A plan whose event is not stored yet."""

    plan: Plan
    duplicate: Duplicate | None


class Acceptor:
    """Writes events and deliveries.

    Args:
        connection: The writer's connection.
        owner: Whom the leases belong to.
        targets: The targets' numbers.
    """

    def __init__(self, connection: sqlite3.Connection, owner: str, targets: TargetNumbers) -> None:
        self._connection = connection
        self._owner = owner
        self._targets = targets
        self._seq: int | None = None

    def accept(self, accepts: Sequence[Accept]) -> list[Accepted]:
        """Write events with their deliveries; one that repeats an earlier event is not written."""
        earlier = [self._earlier(accept) for accept in accepts]
        fresh = [self._numbered(accept.plan) for accept, event_id in zip(accepts, earlier, strict=True) if not event_id]
        bulk.execute(self._connection, INSERT_EVENTS, [event_row(plan.event) for plan in fresh])
        bulk.execute(self._connection, INSERT_BODIES, [(plan.event.seq, plan.event.body) for plan in fresh])
        works = zip(fresh, self.add(fresh), strict=True)
        return [
            Accepted(event_id, duplicate=True, work=()) if event_id else _accepted(*next(works)) for event_id in earlier
        ]

    def add(self, plans: Sequence[Plan]) -> list[Sequence[Work]]:
        """Write deliveries of stored events; return, for each plan, those that were leased."""
        alone = [
            self._row(plan.event, delivery)
            for plan in plans
            for delivery in plan.deliveries
            if delivery.coalesce is None
        ]
        bulk.execute(self._connection, INSERT_DELIVERIES, alone)
        for plan in plans:
            for delivery in plan.deliveries:
                if delivery.coalesce is not None:
                    row = coalesce(self._connection, delivery.coalesce, self._row(plan.event, delivery))
                    bulk.execute(self._connection, INSERT_DELIVERIES, [row])
        return [_leased(plan) for plan in plans]

    def forget(self) -> None:
        """Forget the number that an undone transaction had reached."""
        self._seq = None

    def _earlier(self, accept: Accept) -> str | None:
        """Return the id of the event that this one repeats; None, and keep its key, if there is none."""
        if accept.duplicate is None:
            return None
        event, (key, until) = accept.plan.event, accept.duplicate
        self._connection.execute(PRUNE_DUPLICATES, (event.received_at, EXPIRED_AT_ONCE))
        row = self._connection.execute(EARLIER_EVENT, (key, event.received_at)).fetchone()
        if row is not None:
            return str(row[0])
        self._connection.execute(NOTE_EVENT, (key, event.id, until))
        return None

    def _numbered(self, plan: Plan) -> Plan:
        if self._seq is None:
            self._seq = self._last_seq()
        self._seq += 1
        return Plan(plan.event.numbered(self._seq), plan.deliveries)

    def _last_seq(self) -> int:
        (seq,) = self._connection.execute(LAST_SEQ).fetchone()
        return int(seq)

    def _row(self, event: Event, delivery: NewDelivery) -> DeliveryRow:
        leased = _is_leased(delivery)
        return DeliveryRow(
            delivery.id,
            event.seq,
            self._targets.number(delivery.target_id),
            delivery.key,
            (DeliveryState.RUNNING if leased else DeliveryState.PENDING).value,
            delivery.due_at,
            event.received_at,
            len(event.body),
            owner=self._owner if leased else None,
            fresh_at=delivery.due_at,
        )


def _is_leased(delivery: NewDelivery) -> bool:
    """A coalescing delivery waits for the burst to end, whatever it asks for."""
    return delivery.leased and delivery.coalesce is None


def _accepted(plan: Plan, work: Sequence[Work]) -> Accepted:
    return Accepted(plan.event.id, duplicate=False, work=work)


def _leased(plan: Plan) -> Sequence[Work]:
    return [_work(plan.event, delivery) for delivery in plan.deliveries if _is_leased(delivery)]


def _work(event: Event, delivery: NewDelivery) -> Work:
    plugin, target = delivery.target_id
    leased = Delivery(
        delivery.id,
        event.id,
        event.seq,
        plugin,
        target,
        delivery.key,
        DeliveryState.RUNNING,
        attempts=0,
        due_at=delivery.due_at,
        created_at=event.received_at,
        fresh_at=delivery.due_at,
        size=len(event.body),
    )
    return Work(leased, event)
