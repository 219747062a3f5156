"""How attempts begin and end, a group of them in one commit."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.errors import LeaseLostError
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.writer import Job
from cockpit_gateway.store.records import Settlement

SETTLE = query("settle")
IS_SETTLED = query("is_settled")
MARK_BEGUN = query("mark_begun")
BEGIN = query("begin")
CLEAR = query("clear")


class Begun(NamedTuple):
    """The note that an attempt has begun."""

    delivery_id: str
    at: float


class Cleared(NamedTuple):
    """The note that a delivery is no suspect any more."""

    delivery_id: str


class Settler:
    """Writes groups of outcomes and notes.

    Args:
        connections: The database.
        owner: Who has leased the deliveries.
    """

    def __init__(self, connections: Connections, owner: Owner) -> None:
        self._connections = connections
        self._owner = owner

    async def write(self, jobs: Sequence[Job]) -> None:
        """Write a group of `Settlement`, `Begun` and `Cleared`: outcomes in one commit, notes before them."""
        settling = {job.work.delivery.id: (job, job.work) for job in jobs if isinstance(job.work, Settlement)}
        begun = {job.work.delivery_id: job.work.at for job in jobs if isinstance(job.work, Begun)}
        cleared = [job.work.delivery_id for job in jobs if isinstance(job.work, Cleared)]
        # An attempt that has ended already needs no mark.
        await self._note({each: at for each, at in begun.items() if each not in settling}, cleared)
        again = [
            job for job in jobs if isinstance(job.work, Settlement) and job is not settling[job.work.delivery.id][0]
        ]
        await self._settle([*settling.values()])
        if again:
            await self.write(again)

    async def _note(self, begun: Mapping[str, float], cleared: Sequence[str]) -> None:
        if begun:
            given = {"ids": [*begun], "times": [*begun.values()], "owner": self._owner.id}
            await self._connections.run(lambda connection: MARK_BEGUN.run(connection, **given))
        if cleared:
            await self._connections.run(lambda connection: CLEAR.run(connection, ids=cleared))

    async def _settle(self, settling: Sequence[tuple[Job, Settlement]]) -> None:
        if not settling:
            return
        given = _columns([settlement for _, settlement in settling])
        rows = await self._connections.run(lambda it: SETTLE.rows(it, owner=self._owner.id, **given))
        settled = {delivery_id for (delivery_id,) in rows}
        for job, settlement in settling:
            if settlement.delivery.id not in settled and not await self._is_settled(settlement):
                job.error = LeaseLostError(
                    f"an attempt ended whose delivery is not leased (any more): {settlement.delivery.id}"
                )

    async def _is_settled(self, settlement: Settlement) -> bool:
        """Tell whether an outcome was written before, by a commit whose answer was lost."""
        attempt = settlement.attempt
        given = {
            "id": settlement.delivery.id,
            "number": attempt.number,
            "started_at": attempt.started_at,
            "duration": attempt.duration,
        }
        found: bool = await self._connections.run(lambda connection: IS_SETTLED.value(connection, **given))
        return found


async def begin(connection: Connection, owner: str, delivery_id: str, *, alone: bool) -> None:
    """Note that an attempt begins."""
    await BEGIN.run(connection, owner=owner, id=delivery_id, alone=alone, now=time.time())


def _columns(settlements: Sequence[Settlement]) -> dict[str, list[Any]]:
    attempts = [settlement.attempt for settlement in settlements]
    responses = [attempt.response for attempt in attempts]
    ends = [
        None if state is DeliveryState.PENDING else attempt.started_at + attempt.duration
        for attempt, state in ((settlement.attempt, settlement.state) for settlement in settlements)
    ]
    return {
        "ids": [settlement.delivery.id for settlement in settlements],
        "states": [settlement.state.value for settlement in settlements],
        "numbers": [attempt.number for attempt in attempts],
        "dues": [settlement.due_at if end is None else end for settlement, end in zip(settlements, ends, strict=True)],
        "ends": ends,
        "reasons": [settlement.reason for settlement in settlements],
        "starts": [attempt.started_at for attempt in attempts],
        "durations": [attempt.duration for attempt in attempts],
        "outcomes": [attempt.outcome.value for attempt in attempts],
        "attempt_reasons": [attempt.reason for attempt in attempts],
        "statuses": [response and response.status for response in responses],
        "headers": [response and orjson.dumps(response.headers).decode() for response in responses],
        "bodies": [response and response.body for response in responses],
        "truncated": [response and response.truncated for response in responses],
    }
