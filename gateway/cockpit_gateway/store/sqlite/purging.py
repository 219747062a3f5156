"""Purging: events that are deleted because somebody wants them gone, with everything that belongs to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store import steps
from cockpit_gateway.store.records import Cursor, EventFilter, Found, Step
from cockpit_gateway.store.sqlite.reading import narrowed, values
from cockpit_gateway.store.sqlite.replaying import LAST_SEQ, refuse_unknown_events
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.ways import is_unsound

FIND_EVENTS = statement("find_events", "about_event")
COUNT_OF_EVENTS = statement("count_of_events")
BEING_DELIVERED = statement("being_delivered")
SUPERSEDED_OF = statement("superseded_of")
RELINK = statement("relink")
HEIRS_OF = statement("heirs_of")
MOVE = statement("move")
DROP_DELIVERY = statement("drop_delivery")
WAITING_TARGETS_OF = statement("waiting_targets_of")
PURGE = statement("purge")


class Page(NamedTuple):
    """Events that a filter finds, by seq, and where the next page begins."""

    seqs: Sequence[int]
    following: Cursor | None


def find(connection: sqlite3.Connection, wanted: EventFilter, cursor: Cursor | None) -> Page:
    """Find the events of the next step."""
    refuse_unknown_events(connection, wanted.ids)
    begin = cursor or Cursor(0, 0, *connection.execute(LAST_SEQ).fetchone())
    query = narrowed(FIND_EVENTS, narrowed_to_event_ids=bool(wanted.ids), narrowed_to_status=is_unsound(wanted))
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.EVENTS_DELETED}
    found, last_found, looked_at, last_looked_at = connection.execute(query, given).fetchone()
    seqs: list[int] = json.loads(found)
    following = None
    if len(seqs) == steps.EVENTS_DELETED:
        following = Cursor(last_found, 0, begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(last_looked_at, 0, begin.last)
    return Page(seqs, following)


def count(connection: sqlite3.Connection, wanted: EventFilter, cursor: Cursor | None) -> Found:
    """Count some of the events that a filter finds, and their deliveries."""
    seqs, following = find(connection, wanted, cursor)
    deliveries, pending, running = connection.execute(COUNT_OF_EVENTS, {"seqs": json.dumps(seqs)}).fetchone()
    return Found(len(seqs), deliveries, pending, running, following)


def purge(connection: sqlite3.Connection, page: Page) -> Step:
    """Delete events, but for those that are being delivered; what is deleted is overwritten."""
    under_way = {seq for (seq,) in connection.execute(BEING_DELIVERED, {"seqs": json.dumps(page.seqs)})}
    seqs = {"seqs": json.dumps([seq for seq in page.seqs if seq not in under_way])}
    waiting = [TargetId(*row) for row in connection.execute(WAITING_TARGETS_OF, seqs)]
    _leave_others_alone(connection, seqs)
    with _overwriting(connection):
        purged = connection.execute(PURGE, seqs).rowcount
    return Step(purged, len(under_way), waiting, page.following)


def _leave_others_alone(connection: sqlite3.Connection, seqs: dict[str, str]) -> None:
    """Keep what is sent together with an event that goes, or in its stead: another event takes its place."""
    connection.executemany(RELINK, connection.execute(SUPERSEDED_OF, seqs).fetchall())
    for heir, youngest in connection.execute(HEIRS_OF, seqs).fetchall():
        connection.execute(MOVE, (heir, youngest))
        connection.execute(DROP_DELIVERY, (youngest,))
        connection.execute(RELINK, (heir, youngest))


@contextmanager
def _overwriting(connection: sqlite3.Connection) -> Generator[None]:
    """Have what is deleted overwritten with zeros."""
    (before,) = connection.execute("PRAGMA secure_delete").fetchone()
    connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA secure_delete = {before}")
