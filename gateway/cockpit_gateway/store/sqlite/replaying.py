"""Replaying and cancelling: what it would come to, and the steps through it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import uuid_utils

from cockpit_gateway.deliveries import DeliveryState, TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.events import Event
from cockpit_gateway.store import steps
from cockpit_gateway.store.records import Cursor, DeliveryFilter, EventFilter, EventPage, NewDelivery, Step, Tally
from cockpit_gateway.store.sqlite.reading import narrowed, values
from cockpit_gateway.store.sqlite.rows import event_of
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.ways import is_unsound, ways_to_tally

UNKNOWN_DELIVERIES = statement("unknown_deliveries")
UNKNOWN_EVENTS = statement("unknown_events")
LAST_DELIVERY = statement("last_delivery")
LAST_SEQ = statement("last_seq")
TALLY = statement("tally", "about_delivery", "about_event")
WALK_DELIVERIES = statement("walk_deliveries", "about_delivery", "about_event")
TARGETS_OF = statement("targets_of")
REPLAY = statement("replay")
REPLACE = statement("replace")
INSERT_REPLACEMENTS = statement("insert_replacements")
CANCEL = statement("cancel")
WALK_EVENTS = statement("walk_events", "about_event")
EVENTS_OF = statement("events_of", "event_columns")
DELIVERED_TO = statement("delivered_to")
INSERT_REPLAYED = statement("insert_replayed")

ENDED = (DeliveryState.DEAD, DeliveryState.SUPERSEDED, DeliveryState.CANCELLED)
"""The states that are indexed by order of acceptance."""


class Found(NamedTuple):
    """The deliveries of one step.

    Attributes:
        numbers: The deliveries, in order of acceptance.
        states: The states they must be in, as JSON; None for any.
        following: Where the next step goes on.
    """

    numbers: Sequence[int]
    states: str | None
    following: Cursor | None


Change: TypeAlias = Callable[[sqlite3.Connection, Found, float], int]
"""Changes what was found, at a time; returns how many it has changed."""


def tally(connection: sqlite3.Connection, wanted: DeliveryFilter) -> Sequence[Tally]:
    """Count what a filter finds."""
    _refuse_unknown(connection, UNKNOWN_DELIVERIES, "delivery", wanted.ids)
    rows = connection.execute(narrowed(TALLY, **ways_to_tally(wanted)), values(wanted))
    return [Tally(TargetId(plugin, target), DeliveryState(state), *counted) for plugin, target, state, *counted in rows]


def find(connection: sqlite3.Connection, wanted: DeliveryFilter, cursor: Cursor | None) -> Found:
    """Find the deliveries of the next step."""
    _refuse_unknown(connection, UNKNOWN_DELIVERIES, "delivery", wanted.ids)
    begin = cursor or Cursor(0, 0, _first_cell(connection, LAST_DELIVERY))
    query = narrowed(
        WALK_DELIVERIES,
        narrowed_to_ids=bool(wanted.ids),
        narrowed_to_event=wanted.event_id is not None,
        narrowed_to_end=len(wanted.states) == 1 and wanted.states[0] in ENDED,
    )
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.DELIVERIES}
    found, last_seq, looked_at, seq, number = connection.execute(query, given).fetchone()
    numbers: list[int] = json.loads(found)
    following = None
    if len(numbers) == steps.DELIVERIES:
        following = Cursor(last_seq, numbers[-1], begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(seq, number, begin.last)
    return Found(numbers, json.dumps(wanted.states) if wanted.states else None, following)


def change(connection: sqlite3.Connection, found: Found, now: float, make: Change) -> Step:
    """Change what was found, as far as it is still there to be changed."""
    changed = make(connection, found, now)
    rows = connection.execute(TARGETS_OF, {"numbers": json.dumps(found.numbers)})
    return Step(changed, len(found.numbers) - changed, [TargetId(*row) for row in rows], found.following)


def replay(connection: sqlite3.Connection, found: Found, now: float) -> int:
    """Make deliveries pending and due at once, on a fresh schedule; their attempts stay listed."""
    return connection.execute(REPLAY, _given(found, now)).rowcount


def replace(connection: sqlite3.Connection, found: Found, now: float) -> int:
    """Put a new delivery in the place of each."""
    pairs = json.dumps([(number, str(uuid_utils.uuid7())) for number in found.numbers])
    given = _given(found, now) | {"pairs": pairs}
    connection.execute(REPLACE, given)
    return connection.execute(INSERT_REPLACEMENTS, given).rowcount


def cancel(connection: sqlite3.Connection, found: Found, now: float) -> int:
    """Cancel deliveries."""
    return connection.execute(CANCEL, _given(found, now)).rowcount


def walk(connection: sqlite3.Connection, wanted: EventFilter, cursor: Cursor | None) -> EventPage:
    """Return the next page of events."""
    refuse_unknown_events(connection, wanted.ids)
    begin = cursor or Cursor(0, 0, _first_cell(connection, LAST_SEQ))
    query = narrowed(WALK_EVENTS, narrowed_to_event_ids=bool(wanted.ids), narrowed_to_status=is_unsound(wanted))
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.EVENTS_READ, "room": steps.ROOM}
    fitting, found, looked_at, last_looked_at = connection.execute(query, given).fetchone()
    seqs: list[int] = json.loads(fitting)
    following = None
    if found == steps.EVENTS_READ or found > len(seqs):
        following = Cursor(seqs[-1], 0, begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(last_looked_at, 0, begin.last)
    events = [event_of(row) for row in connection.execute(EVENTS_OF, {"seqs": fitting})]
    return EventPage(events, _delivered_to(connection, fitting), begin.last, following)


def add(
    connection: sqlite3.Connection, targets: TargetNumbers, event: Event, deliveries: Sequence[NewDelivery]
) -> None:
    """Write pending deliveries of a stored event."""
    for delivery in deliveries:
        row = {
            "id": delivery.id,
            "seq": event.seq,
            "target": targets.number(delivery.target_id),
            "key": delivery.key,
            "now": delivery.due_at,
            "size": len(event.body),
        }
        connection.execute(INSERT_REPLAYED, row)


def _delivered_to(connection: sqlite3.Connection, seqs: str) -> Mapping[int, set[TargetId]]:
    delivered: dict[int, set[TargetId]] = {}
    for seq, plugin, target in connection.execute(DELIVERED_TO, {"seqs": seqs}):
        delivered.setdefault(seq, set()).add(TargetId(plugin, target))
    return delivered


def _given(found: Found, now: float) -> dict[str, Any]:
    return {"numbers": json.dumps(found.numbers), "states": found.states, "now": now}


def _first_cell(connection: sqlite3.Connection, query: str) -> int:
    (value,) = connection.execute(query).fetchone()
    return int(value)


def refuse_unknown_events(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Refuse the ids of events that do not exist."""
    _refuse_unknown(connection, UNKNOWN_EVENTS, "event", ids)


def _refuse_unknown(connection: sqlite3.Connection, query: str, noun: str, ids: Sequence[str]) -> None:
    unknown = [value for (value,) in connection.execute(query, {"ids": json.dumps(list(ids))})]
    if unknown:
        raise NotFoundError(f"there is no {noun} {', '.join(unknown)}")
