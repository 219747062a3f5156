"""Writing events and their deliveries, a group of them in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cockpit_gateway.deliveries import DeliveryState, TargetId, Work
from cockpit_gateway.errors import GatewayError, StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.postgres.coalescing import Candidate, coalesce
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.doubts import Doubts
from cockpit_gateway.store.postgres.duplicates import Duplicates, note, noteworthy, repeats
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.plans import Accept, Plan, is_leased, leased_work, leases
from cockpit_gateway.store.postgres.rows import DeliveryRow, delivery_columns, event_columns
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.targets import TargetNumbers
from cockpit_gateway.store.postgres.writer import Job
from cockpit_gateway.store.records import Accepted, NewDelivery

ACCEPT = query("accept", "delivery_fields", "given_deliveries")
ADD = query("add", "delivery_fields", "given_deliveries")
LOCK_ACCEPTANCE = query("lock_acceptance")


class Acceptor:
    """Writes groups of events and deliveries.

    Args:
        connections: The database.
        owner: Whom the leases belong to.
        targets: The targets' numbers.
        doubts: Is told of leases that nobody may know of.
    """

    def __init__(self, connections: Connections, owner: Owner, targets: TargetNumbers, doubts: Doubts) -> None:
        self._connections = connections
        self._owner = owner
        self._targets = targets
        self._doubts = doubts
        self._duplicates = Duplicates(connections)

    async def write(self, jobs: Sequence[Job]) -> None:
        """Write a group of `Accept` in one commit, and each `Plan` of it in one."""
        accepts = [job for job in jobs if isinstance(job.work, Accept)]
        works = [job.work for job in accepts if isinstance(job.work, Accept)]
        for job, accepted in zip(accepts, await self._accept(works), strict=True):
            job.result = accepted
            if accepted is None:
                job.error = StoreUnavailableError("the event that this one repeats cannot be found now")
        for job in jobs:
            if isinstance(job.work, Plan):
                try:
                    job.result = await self._add(job.work)
                except GatewayError as error:
                    job.error = error

    async def _accept(self, accepts: Sequence[Accept]) -> Sequence[Accepted | None]:
        """Write events; return what became of each, None for one that repeats an event which cannot be found now."""
        if not accepts:
            return []
        accepts = noteworthy(accepts)
        first_of = repeats(accepts)
        leaders = [accept for place, accept in enumerate(accepts) if first_of[place] == place]
        stored = dict(zip((id(leader) for leader in leaders), await self._accept_once(leaders), strict=True))
        results = [stored[id(accepts[first])] for first in first_of]
        return [
            result if result is None or first_of[place] == place else Accepted(result.event_id, duplicate=True, work=())
            for place, result in enumerate(results)
        ]

    async def _accept_once(self, accepts: Sequence[Accept]) -> Sequence[Accepted | None]:
        """Write events none of which repeats another of them."""
        numbers = await self._numbers([accept.plan for accept in accepts])
        with self._doubts.about(leases(accept.plan for accept in accepts)):
            if any(accept.plan.coalesces for accept in accepts):
                seqs = await self._connections.transact(lambda it: self._merge(it, accepts, numbers))
            else:
                seqs = await self._connections.run(lambda it: self._insert(it, accepts, self._rows(accepts, numbers)))
        earlier = await self._duplicates.earlier([accept for accept in accepts if accept.plan.event.id not in seqs])
        await self._duplicates.prune(accepts)
        return [_accepted(accept, seqs, earlier) for accept in accepts]

    async def _merge(
        self, connection: Connection, accepts: Sequence[Accept], numbers: Mapping[TargetId, int]
    ) -> Mapping[str, int]:
        """Write events, some deliveries of which are merged with others."""
        await LOCK_ACCEPTANCE.run(connection)
        noted = await note(connection, accepts)
        fresh = [accept._replace(duplicate=None) for accept in accepts if accept.plan.event.id in noted]
        rules = {each.id: each.coalesce for accept in fresh for each in accept.plan.deliveries}
        candidates = [Candidate(row, rules[row.id]) for row in self._rows(fresh, numbers)]
        return await self._insert(connection, fresh, await coalesce(connection, candidates))

    async def _insert(
        self, connection: Connection, accepts: Sequence[Accept], rows: Sequence[DeliveryRow]
    ) -> Mapping[str, int]:
        """Write events and deliveries; return the seqs of those events that repeat no earlier one, by id."""
        events = [accept.plan.event for accept in accepts]
        given = {
            **event_columns(events),
            **delivery_columns(rows),
            "keys": [accept.duplicate and accept.duplicate.key for accept in accepts],
            "expiries": [accept.duplicate and accept.duplicate.until for accept in accepts],
        }
        return {events[place].id: seq for place, seq in await ACCEPT.rows(connection, **given)}

    async def _add(self, plan: Plan) -> Sequence[Work]:
        numbers = await self._numbers([plan])

        async def add(connection: Connection) -> int:
            rows: Sequence[DeliveryRow] = [
                self._row(plan.event.seq, plan.event, each, numbers) for each in plan.deliveries
            ]
            if plan.coalesces:
                await LOCK_ACCEPTANCE.run(connection)
                rules = [each.coalesce for each in plan.deliveries]
                rows = await coalesce(connection, [*map(Candidate, rows, rules)])
            return len(await ADD.rows(connection, seqs=[plan.event.seq], **delivery_columns(rows)))

        with self._doubts.about(leases([plan])):
            known = await self._connections.transact(add)
        if not known:
            raise StoreError(f"there is no event {plan.event.id} (any more)")
        return leased_work(plan)

    async def _numbers(self, plans: Sequence[Plan]) -> Mapping[TargetId, int]:
        return await self._targets.numbers({each.target_id for plan in plans for each in plan.deliveries})

    def _rows(self, accepts: Sequence[Accept], numbers: Mapping[TargetId, int]) -> Sequence[DeliveryRow]:
        return [
            self._row(place, accept.plan.event, delivery, numbers)
            for place, accept in enumerate(accepts)
            for delivery in accept.plan.deliveries
        ]

    def _row(self, place: int, event: Event, delivery: NewDelivery, numbers: Mapping[TargetId, int]) -> DeliveryRow:
        leased = is_leased(delivery)
        return DeliveryRow(
            place,
            delivery.id,
            numbers[delivery.target_id],
            delivery.key,
            (DeliveryState.RUNNING if leased else DeliveryState.PENDING).value,
            delivery.due_at,
            event.received_at,
            len(event.body),
            owner=self._owner.id if leased else None,
            fresh_at=delivery.due_at,
        )


def _accepted(accept: Accept, seqs: Mapping[str, int], earlier: Mapping[str, str]) -> Accepted | None:
    (event, deliveries), duplicate = accept
    if event.id in seqs:
        work = leased_work(Plan(event.numbered(seqs[event.id]), deliveries))
        return Accepted(event.id, duplicate=False, work=work)
    if duplicate is None or duplicate.key not in earlier:
        return None
    return Accepted(earlier[duplicate.key], duplicate=True, work=())
