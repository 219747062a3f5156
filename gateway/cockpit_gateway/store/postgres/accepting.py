"""Writing events and their deliveries, a group of them in one commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from cockpit_gateway.deliveries import Delivery, DeliveryState, TargetId, Work
from cockpit_gateway.errors import GatewayError, StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.postgres.coalescing import Candidate, coalesce
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.doubts import Doubts
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.rows import DeliveryRow, delivery_columns, event_columns
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.targets import TargetNumbers
from cockpit_gateway.store.postgres.writer import Job
from cockpit_gateway.store.records import Accepted, Duplicate, NewDelivery

ACCEPT = query("accept", "delivery_fields", "given_deliveries")
ADD = query("add", "delivery_fields", "given_deliveries")
LOCK_ACCEPTANCE = query("lock_acceptance")
NOTE_EVENTS = query("note_events")
EARLIER_EVENTS = query("earlier_events")
PRUNE_DUPLICATES = query("prune_duplicates")

PRUNED_AFTER = 500
"""Keys of duplicates noted before expired ones are removed: twice as many, so that the table stays small."""


class Plan(NamedTuple):
    """An event with its deliveries."""

    event: Event
    deliveries: Sequence[NewDelivery]

    @property
    def coalesces(self) -> bool:
        """Whether one of the deliveries is to be merged with others."""
        return any(delivery.coalesce is not None for delivery in self.deliveries)


class Accept(NamedTuple):
    """A plan whose event is not stored yet."""

    plan: Plan
    duplicate: Duplicate | None


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
        self._noted = 0

    async def write(self, jobs: Sequence[Job]) -> None:
        """Write a group of `Accept` in one commit, and each `Plan` of it in one."""
        accepts = [job for job in jobs if isinstance(job.work, Accept)]
        works = [job.work for job in accepts if isinstance(job.work, Accept)]
        for job, accepted in zip(accepts, await self._accept(works), strict=True):
            job.result = accepted
        for job in jobs:
            if isinstance(job.work, Plan):
                try:
                    job.result = await self._add(job.work)
                except GatewayError as error:
                    job.error = error

    async def _accept(self, accepts: Sequence[Accept]) -> Sequence[Accepted]:
        if not accepts:
            return []
        accepts = _noteworthy(accepts)
        first_of = _repeats(accepts)
        leaders = [accept for place, accept in enumerate(accepts) if first_of[place] == place]
        stored = dict(zip((id(leader) for leader in leaders), await self._accept_once(leaders), strict=True))
        results = [stored[id(accepts[first])] for first in first_of]
        return [
            result if first_of[place] == place else Accepted(result.event_id, duplicate=True, work=())
            for place, result in enumerate(results)
        ]

    async def _accept_once(self, accepts: Sequence[Accept]) -> Sequence[Accepted]:
        """Write events none of which repeats another of them."""
        numbers = await self._numbers([accept.plan for accept in accepts])
        with self._doubts.about(_leases(accept.plan for accept in accepts)):
            if any(accept.plan.coalesces for accept in accepts):
                seqs = await self._connections.transact(lambda it: self._merge(it, accepts, numbers))
            else:
                seqs = await self._connections.run(lambda it: self._insert(it, accepts, self._rows(accepts, numbers)))
        earlier = await self._earlier([accept for accept in accepts if accept.plan.event.id not in seqs])
        await self._prune_duplicates(accepts)
        return [_accepted(accept, seqs, earlier) for accept in accepts]

    async def _merge(
        self, connection: Connection, accepts: Sequence[Accept], numbers: Mapping[TargetId, int]
    ) -> Mapping[str, int]:
        """Write events, some deliveries of which are merged with others."""
        await LOCK_ACCEPTANCE.run(connection)
        noted = await _note(connection, accepts)
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

    async def _earlier(self, accepts: Sequence[Accept]) -> Mapping[str, str]:
        """Return, by key, the ids of the events that these repeat."""
        keys = [accept.duplicate.key for accept in accepts if accept.duplicate is not None]
        if not keys:
            return {}
        return dict(map(tuple, await self._connections.run(lambda it: EARLIER_EVENTS.rows(it, keys=keys))))

    async def _prune_duplicates(self, accepts: Sequence[Accept]) -> None:
        self._noted += sum(1 for accept in accepts if accept.duplicate is not None)
        if self._noted < PRUNED_AFTER:
            return
        limit, self._noted = 2 * self._noted, 0
        now = min(accept.plan.event.received_at for accept in accepts)
        with suppress(StoreUnavailableError):  # the events are stored; the keys go next time
            await self._connections.run(lambda it: PRUNE_DUPLICATES.run(it, now=now, limit=limit))

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

        with self._doubts.about(_leases([plan])):
            known = await self._connections.transact(add)
        if not known:
            raise StoreError(f"there is no event {plan.event.id} (any more)")
        return _work(plan)

    async def _numbers(self, plans: Sequence[Plan]) -> Mapping[TargetId, int]:
        return await self._targets.numbers({each.target_id for plan in plans for each in plan.deliveries})

    def _rows(self, accepts: Sequence[Accept], numbers: Mapping[TargetId, int]) -> Sequence[DeliveryRow]:
        return [
            self._row(place, accept.plan.event, delivery, numbers)
            for place, accept in enumerate(accepts)
            for delivery in accept.plan.deliveries
        ]

    def _row(self, place: int, event: Event, delivery: NewDelivery, numbers: Mapping[TargetId, int]) -> DeliveryRow:
        leased = _is_leased(delivery)
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


async def _note(connection: Connection, accepts: Sequence[Accept]) -> Collection[str]:
    """Note the keys of duplicates; return the ids of the events that repeat no earlier one."""
    noted = [(accept.plan.event, accept.duplicate) for accept in accepts if accept.duplicate is not None]
    rows = await NOTE_EVENTS.rows(
        connection,
        keys=[duplicate.key for _, duplicate in noted],
        ids=[event.id for event, _ in noted],
        times=[event.received_at for event, _ in noted],
        expiries=[duplicate.until for _, duplicate in noted],
    )
    fresh = {key for (key,) in rows}
    repeating = {event.id for event, duplicate in noted if duplicate.key not in fresh}
    return {accept.plan.event.id for accept in accepts} - repeating


def _noteworthy(accepts: Sequence[Accept]) -> Sequence[Accept]:
    """Leave out the keys of duplicates that have expired before anything can repeat them."""
    until: dict[str, float] = {}
    left: list[Accept] = []
    for plan, duplicate in accepts:
        at = plan.event.received_at
        if duplicate is not None and (duplicate.until <= at or until.setdefault(duplicate.key, duplicate.until) <= at):
            left.append(Accept(plan, None))
        else:
            left.append(Accept(plan, duplicate))
    return left


def _repeats(accepts: Sequence[Accept]) -> Sequence[int]:
    """Return for each event the place of the one in the same group that it repeats; its own, if it repeats none."""
    first_with: dict[str, int] = {}
    places: list[int] = []
    for place, (_, duplicate) in enumerate(accepts):
        first = first_with.setdefault(duplicate.key, place) if duplicate is not None else place
        places.append(first)
    return places


def _is_leased(delivery: NewDelivery) -> bool:
    """A coalescing delivery waits for the burst to end, whatever it asks for."""
    return delivery.leased and delivery.coalesce is None


def _leases(plans: Iterable[Plan]) -> Sequence[str]:
    return [delivery.id for plan in plans for delivery in plan.deliveries if _is_leased(delivery)]


def _accepted(accept: Accept, seqs: Mapping[str, int], earlier: Mapping[str, str]) -> Accepted:
    (event, deliveries), duplicate = accept
    if event.id in seqs:
        work = _work(Plan(event.numbered(seqs[event.id]), deliveries))
        return Accepted(event.id, duplicate=False, work=work)
    if duplicate is None or duplicate.key not in earlier:
        raise StoreUnavailableError("the event that this one repeats has just been forgotten")
    return Accepted(earlier[duplicate.key], duplicate=True, work=())


def _work(plan: Plan) -> Sequence[Work]:
    return [Work(_leased(plan.event, delivery), plan.event) for delivery in plan.deliveries if _is_leased(delivery)]


def _leased(event: Event, delivery: NewDelivery) -> Delivery:
    plugin, target = delivery.target_id
    return Delivery(
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
