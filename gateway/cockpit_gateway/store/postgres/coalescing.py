"""Coalescing: of a whole group of new deliveries, before they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.store.coalescing import Merged, New, Postponed, Waiting, merge
from cockpit_gateway.store.postgres.rows import DeliveryRow
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.text import from_store
from cockpit_gateway.targets import Coalesce

PENDING_OF_LANES = query("pending_of_lanes")
SUPERSEDE = query("supersede")
POSTPONE = query("postpone")


class Candidate(NamedTuple):
    """A delivery as it would be written without coalescing, due at the time of its event, and its target's rule."""

    row: DeliveryRow
    rule: Coalesce | None


class Superseded(NamedTuple):
    """A delivery that was pending before: by whom it is superseded, when, and why."""

    id: str
    successor: str
    at: float
    reason: str


Lane = tuple[int, str | None]


async def coalesce(connection: Connection, candidates: Sequence[Candidate]) -> Sequence[DeliveryRow]:
    """Merge new deliveries with the pending ones of their targets and keys, and with one another.

    Args:
        connection: In a transaction that nothing else is accepted beside.
        candidates: The new deliveries, in order of acceptance.

    Returns:
        The rows to write.
    """
    lanes = {(row.target, row.key) for row, rule in candidates if rule is not None}
    group = _Group(await _pending(connection, lanes))
    for candidate in candidates:
        group.add(candidate)
    await _supersede(connection, group.superseded)
    await _postpone(connection, group.postponed.values())
    return [*group.rows.values()]


class _Group:
    """New deliveries, merged one after the other.

    Attributes:
        rows: By id, as they are to be written.
        superseded: What was pending before and is superseded now.
        postponed: By id, what was pending before and is due at another time now.
    """

    def __init__(self, pending: Mapping[Lane, list[Waiting]]) -> None:
        self._pending = dict(pending)
        self.rows: dict[str, DeliveryRow] = {}
        self.superseded: list[Superseded] = []
        self.postponed: dict[str, Postponed] = {}

    def add(self, candidate: Candidate) -> None:
        """Merge one more with what is pending of its lane by now."""
        row, rule = candidate
        if rule is None:
            self.rows[row.id] = row
            return
        lane = self._pending.setdefault((row.target, row.key), [])
        merged = merge(rule, New(row.id, row.due_at, row.size), lane)
        self._supersede(row, merged)
        if merged.postponed is not None:
            self._postpone(lane, merged.postponed)
        if merged.successor is not None:
            self.rows[row.id] = _ended(row, merged.successor, row.due_at, merged.reason)
            return
        lane[:] = [waiting for waiting in lane if waiting.id not in merged.superseded]
        new = row._replace(due_at=merged.due_at, window_at=merged.window_at, size=merged.size, batch=merged.batch)
        lane.append(Waiting(new.id, 0, new.due_at if new.window_at is None else new.window_at, new.size, new.batch))
        self.rows[row.id] = new

    def _supersede(self, row: DeliveryRow, merged: Merged) -> None:
        for delivery_id in merged.superseded:
            older = self.rows.get(delivery_id)
            if older is None:
                self.superseded.append(Superseded(delivery_id, row.id, row.due_at, merged.reason))
            else:
                self.rows[delivery_id] = _ended(older, row.id, row.due_at, merged.reason)

    def _postpone(self, lane: list[Waiting], postponed: Postponed) -> None:
        delivery_id, due_at, window_at = postponed
        known = self.rows.get(delivery_id)
        if known is None:
            self.postponed[delivery_id] = postponed
        else:
            self.rows[delivery_id] = known._replace(due_at=due_at, window_at=window_at)
        lane[:] = [waiting._replace(window_at=window_at) if waiting.id == delivery_id else waiting for waiting in lane]


def _ended(row: DeliveryRow, successor: str, at: float, reason: str) -> DeliveryRow:
    return row._replace(state=DeliveryState.SUPERSEDED.value, superseded_by=successor, ended_at=at, reason=reason)


async def _pending(connection: Connection, lanes: Iterable[Lane]) -> Mapping[Lane, list[Waiting]]:
    """Return what is pending; nobody leases it before the transaction ends."""
    found: dict[Lane, list[Waiting]] = {}
    given = {"targets": [target for target, _ in lanes], "keys": [key for _, key in lanes]}
    for target, key, *waiting in await PENDING_OF_LANES.rows(connection, **given):
        found.setdefault((target, from_store(key)), []).append(Waiting(*waiting))
    return found


async def _supersede(connection: Connection, superseded: Sequence[Superseded]) -> None:
    if superseded:
        ids, successors, times, reasons = map(list, zip(*superseded, strict=True))
        await SUPERSEDE.run(connection, ids=ids, successors=successors, times=times, reasons=reasons)


async def _postpone(connection: Connection, postponed: Iterable[Postponed]) -> None:
    if changes := [*postponed]:
        ids, dues, windows = map(list, zip(*changes, strict=True))
        await POSTPONE.run(connection, ids=ids, dues=dues, windows=windows)
