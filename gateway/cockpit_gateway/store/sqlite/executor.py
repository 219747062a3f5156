"""What the writer carries out: a group's events first, then its outcomes, then everything else in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cockpit_gateway.deliveries import Delivery, DeliveryState, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store.port import Accepted, Duplicate, NewDelivery, Settlement
from cockpit_gateway.store.sqlite import bulk
from cockpit_gateway.store.sqlite.coalescing import coalesce
from cockpit_gateway.store.sqlite.rows import Row, attempt_row, event_row
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.sqlite.writer import Job, guarded

EVENT_FIELDS = "seq, id, name, source, label, hook, backend, subjects, status, problem, received_at"
DELIVERY_FIELDS = "id, seq, target, key, state, due_at, created_at, ended_at, reason, superseded_by, window_at, owner"
ATTEMPT_FIELDS = "delivery, number, started_at, duration, outcome, reason, status, headers, body, truncated"

SETTLE = """
UPDATE deliveries SET
    state = new.column2, attempts = new.column3, due_at = new.column4, ended_at = new.column5, reason = new.column6,
    owner = NULL, begun_at = NULL
FROM (VALUES {values}) AS new WHERE deliveries.id = new.column1
"""
EXPIRED_AT_ONCE = 16
"""Expired duplicate keys removed with each new one, so that the table stays small without a sweep."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Write an event with its deliveries."""

    event: Event
    deliveries: Sequence[NewDelivery]
    duplicate: Duplicate | None

    @property
    def stands_alone(self) -> bool:
        """True if it depends on no other row, so that it can be written in bulk."""
        return self.duplicate is None and all(delivery.coalesce is None for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Add:
    """Write further deliveries of a stored event."""

    event: Event
    deliveries: Sequence[NewDelivery]


@dataclass(frozen=True, slots=True)
class Begun:
    """Note that an attempt has begun."""

    delivery_id: str
    at: float


class SqliteExecutor:
    """Carries out groups of jobs.

    Args:
        connection: The writer's connection.
        owner: Whom the leases belong to.
        targets: The targets' numbers.
    """

    def __init__(self, connection: sqlite3.Connection, owner: str, targets: TargetNumbers) -> None:
        self._connection = connection
        self._owner = owner
        self._targets = targets
        self._seq = self._last_seq()

    def execute(self, jobs: Sequence[Job]) -> None:
        """Carry out a group; see `Executor`."""
        accepts = [job for job in jobs if isinstance(job.work, Accept)]
        settles = [job for job in jobs if isinstance(job.work, Settlement)]
        begun = {job.work.delivery_id: job.work.at for job in jobs if isinstance(job.work, Begun)}
        self._accept(accepts)
        self._settle([job.work for job in settles if isinstance(job.work, Settlement)], begun)
        self._mark_begun(begun)
        for job in jobs:
            if isinstance(job.work, Add):
                job.result = self._add(job.work)
            elif callable(job.work):
                act: Callable[[sqlite3.Connection], object] = job.work
                guarded(job, lambda act=act: act(self._connection))  # type: ignore[misc]

    def forget(self) -> None:
        """Forget what an undone transaction had seemed to write."""
        self._seq = self._last_seq()
        self._targets.forget()

    # Events

    def _accept(self, jobs: Sequence[Job]) -> None:
        for alone, run in groupby(jobs, key=_stands_alone):
            if alone:
                self._accept_in_bulk(list(run))
            else:
                for job in run:
                    job.result = self._accept_one(_accept_of(job))

    def _accept_in_bulk(self, jobs: Sequence[Job]) -> None:
        accepts = [_accept_of(job) for job in jobs]
        events = [self._number(accept.event) for accept in accepts]
        self._insert_events(events)
        rows = [
            self._delivery_row(event, delivery)
            for event, accept in zip(events, accepts, strict=True)
            for delivery in accept.deliveries
        ]
        bulk.insert(self._connection, "deliveries", DELIVERY_FIELDS, rows)
        for job, accept, event in zip(jobs, accepts, events, strict=True):
            job.result = Accepted(event.id, duplicate=False, work=_leased(event, accept.deliveries))

    def _accept_one(self, accept: Accept) -> Accepted:
        if accept.duplicate is not None:
            earlier = self._claim_key(accept.duplicate, accept.event)
            if earlier is not None:
                return Accepted(earlier, duplicate=True, work=())
        event = self._number(accept.event)
        self._insert_events([event])
        work = self._add(Add(event, accept.deliveries))
        return Accepted(event.id, duplicate=False, work=work)

    def _claim_key(self, duplicate: Duplicate, event: Event) -> str | None:
        """Return the id of the event that had the key before, None if the key is new."""
        now = event.received_at
        self._connection.execute(
            "DELETE FROM duplicates WHERE key IN (SELECT key FROM duplicates WHERE until <= ? ORDER BY until LIMIT ?)",
            (now, EXPIRED_AT_ONCE),
        )
        row = self._connection.execute(
            "SELECT event FROM duplicates WHERE key = ? AND until > ?", (duplicate.key, now)
        ).fetchone()
        if row is not None:
            return str(row[0])
        self._connection.execute(
            "INSERT OR REPLACE INTO duplicates (key, event, until) VALUES (?, ?, ?)",
            (duplicate.key, event.id, duplicate.until),
        )
        return None

    def _insert_events(self, events: Sequence[Event]) -> None:
        bulk.insert(self._connection, "events", EVENT_FIELDS, [event_row(event, event.seq) for event in events])
        bulk.insert(self._connection, "bodies", "seq, body", [(event.seq, event.body) for event in events])

    def _number(self, event: Event) -> Event:
        self._seq += 1
        return replace(event, seq=self._seq)

    def _last_seq(self) -> int:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return 0 if row is None else int(row[0])

    # Deliveries

    def _add(self, add: Add) -> Sequence[Work]:
        for delivery in add.deliveries:
            row = self._delivery_row(add.event, delivery)
            if delivery.coalesce is not None:
                row = coalesce(self._connection, delivery, row)
            bulk.insert(self._connection, "deliveries", DELIVERY_FIELDS, [row])
        return _leased(add.event, add.deliveries)

    def _delivery_row(self, event: Event, delivery: NewDelivery) -> Row:
        leased = delivery.leased
        return (
            delivery.id,
            event.seq,
            self._targets.number(delivery.target_id),
            delivery.key,
            (DeliveryState.RUNNING if leased else DeliveryState.PENDING).value,
            delivery.due_at,
            event.received_at,
            None,
            None,
            None,
            None,
            self._owner if leased else None,
        )

    def _settle(self, settlements: Sequence[Settlement], begun: dict[str, float]) -> None:
        for settlement in settlements:
            begun.pop(settlement.delivery.id, None)
        bulk.update_from(self._connection, SETTLE, 6, [_settled_row(settlement) for settlement in settlements])
        attempts = [attempt_row(settlement.delivery.id, settlement.attempt) for settlement in settlements]
        bulk.insert(self._connection, "attempts", ATTEMPT_FIELDS, attempts)

    def _mark_begun(self, begun: dict[str, float]) -> None:
        statement = (
            "UPDATE deliveries SET begun_at = new.column2 FROM (VALUES {values}) AS new "
            "WHERE deliveries.id = new.column1 AND deliveries.state = 'running'"
        )
        bulk.update_from(self._connection, statement, 2, list(begun.items()))


def _stands_alone(job: Job) -> bool:
    return _accept_of(job).stands_alone


def _accept_of(job: Job) -> Accept:
    assert isinstance(job.work, Accept)  # noqa: S101 - sorted out by the caller
    return job.work


def _settled_row(settlement: Settlement) -> Row:
    state = settlement.state
    ended_at = None if state is DeliveryState.PENDING else settlement.due_at
    return (
        settlement.delivery.id,
        state.value,
        settlement.attempt.number,
        settlement.due_at,
        ended_at,
        settlement.reason,
    )


def _leased(event: Event, deliveries: Sequence[NewDelivery]) -> Sequence[Work]:
    return [
        Work(
            Delivery(
                delivery.id,
                event.id,
                event.seq,
                delivery.target_id.plugin,
                delivery.target_id.target,
                delivery.key,
                DeliveryState.RUNNING,
                0,
                delivery.due_at,
                event.received_at,
            ),
            event,
        )
        for delivery in deliveries
        if delivery.leased
    ]
