"""Purging: events that are deleted because somebody wants them gone, with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cockpit_gateway.store import steps
from cockpit_gateway.store.postgres.pruning import DELETE_EVENTS, LOCK_EVENTS
from cockpit_gateway.store.postgres.reading import narrowed, values
from cockpit_gateway.store.postgres.replaying import LAST_EVENT, refuse_unknown_events
from cockpit_gateway.store.postgres.rows import target_id_of
from cockpit_gateway.store.postgres.statements import Connection, query, statement
from cockpit_gateway.store.records import Cursor, EventFilter, Found, Step
from cockpit_gateway.store.ways import is_unsound

FIND_EVENTS = statement("find_events", "about_event")
COUNT_OF_EVENTS = query("count_of_events")
LOCK_DELIVERIES_OF = query("lock_deliveries_of")
BEING_DELIVERED = query("being_delivered")
SUPERSEDED_OF = query("superseded_of")
RELINK = query("relink")
HEIRS_OF = query("heirs_of")
MOVE = query("move")
DROP_DELIVERY = query("drop_delivery")
WAITING_TARGETS_OF = query("waiting_targets_of")

TRACES = ("events", "bodies", "deliveries", "attempts")
"""The tables that what is purged leaves dead rows in."""


class Page(NamedTuple):
    """Events that a filter finds, by seq, and where the next page begins."""

    seqs: Sequence[int]
    following: Cursor | None


async def find(connection: Connection, wanted: EventFilter, cursor: Cursor | None) -> Page:
    """Find the events of the next step."""
    await refuse_unknown_events(connection, wanted.ids)
    begin = cursor or Cursor(0, 0, await LAST_EVENT.value(connection))
    page = narrowed(FIND_EVENTS, narrowed_to_event_ids=bool(wanted.ids), narrowed_to_status=is_unsound(wanted))
    given = values(wanted) | begin._asdict() | {"window": steps.WINDOW, "limit": steps.EVENTS_DELETED}
    seqs, last_found, looked_at, last_looked_at = await page.row(connection, **given)
    following = None
    if len(seqs) == steps.EVENTS_DELETED:
        following = Cursor(last_found, 0, begin.last)
    elif looked_at == steps.WINDOW:
        following = Cursor(last_looked_at, 0, begin.last)
    return Page(seqs, following)


async def count(connection: Connection, wanted: EventFilter, cursor: Cursor | None) -> Found:
    """Count some of the events that a filter finds, and their deliveries."""
    seqs, following = await find(connection, wanted, cursor)
    deliveries, pending, running = await COUNT_OF_EVENTS.row(connection, seqs=seqs)
    return Found(len(seqs), deliveries, pending, running, following)


async def purge(connection: Connection, page: Page) -> Step:
    """Delete events, but for those that are being delivered."""
    await LOCK_EVENTS.rows(connection, seqs=page.seqs)
    await LOCK_DELIVERIES_OF.rows(connection, seqs=page.seqs)
    under_way = {seq for (seq,) in await BEING_DELIVERED.rows(connection, seqs=page.seqs)}
    seqs = [seq for seq in page.seqs if seq not in under_way]
    waiting = [target_id_of(*row) for row in await WAITING_TARGETS_OF.rows(connection, seqs=seqs)]
    await _leave_others_alone(connection, seqs)
    return Step(await DELETE_EVENTS.run(connection, seqs=seqs), len(under_way), waiting, page.following)


async def forget(connection: Connection) -> None:
    """Have the dead rows of what was purged removed, unless a transaction that is older still sees them."""
    await connection.execute("SET statement_timeout = 0")
    try:
        await connection.execute(f"VACUUM {', '.join(TRACES)}", timeout=3600)
    finally:
        await connection.execute("RESET statement_timeout")


async def _leave_others_alone(connection: Connection, seqs: Sequence[int]) -> None:
    """Keep what is sent together with an event that goes, or in its stead: another event takes its place."""
    for successor, delivery_id in await SUPERSEDED_OF.rows(connection, seqs=seqs):
        await RELINK.run(connection, successor=successor, id=delivery_id)
    for heir, youngest in await HEIRS_OF.rows(connection, seqs=seqs):
        await MOVE.run(connection, heir=heir, youngest=youngest)
        await DROP_DELIVERY.run(connection, id=youngest)
        await RELINK.run(connection, successor=heir, id=youngest)
