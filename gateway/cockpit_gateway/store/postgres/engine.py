"""The engine: the port, answered by one PostgreSQL database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog

from cockpit_gateway.deliveries import Delivery, Hold, TargetId, Work
from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.activity import Activity
from cockpit_gateway.store.answers import Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.nodes import Cluster, NodeFacts
from cockpit_gateway.store.notices import Change, Notice, Told
from cockpit_gateway.store.postgres import (
    activity,
    answers,
    changing,
    endpoints,
    leasing,
    nodes,
    pruning,
    purging,
    replaying,
    settling,
    storage,
)
from cockpit_gateway.store.postgres.accepting import Acceptor
from cockpit_gateway.store.postgres.claiming import Claim, Claimer
from cockpit_gateway.store.postgres.connections import Act, Connections
from cockpit_gateway.store.postgres.doubts import Doubts
from cockpit_gateway.store.postgres.lookups import Lookups
from cockpit_gateway.store.postgres.opening import open_database
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.plans import Accept, Plan
from cockpit_gateway.store.postgres.settings import DEFAULTS, PostgresSettings
from cockpit_gateway.store.postgres.settling import Begun, Cleared, Settler
from cockpit_gateway.store.postgres.targets import TargetNumbers
from cockpit_gateway.store.postgres.watching import Notices
from cockpit_gateway.store.postgres.writer import GroupWriter
from cockpit_gateway.store.records import (
    Accepted,
    Claimed,
    Cursor,
    DeliveryFilter,
    Duplicate,
    EventFilter,
    Measures,
    NewDelivery,
    Opened,
    Pruned,
    Retention,
    Settlement,
    Step,
    TargetState,
    Trimmed,
)
from cockpit_gateway.store.transactions import Transacted, tell_nobody
from cockpit_gateway.targets import BacklogLimit

_Result = TypeVar("_Result")

BURIED_AT_ONCE = 500
"""Deliveries given up in one transaction."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PostgresStore(Lookups):
    """A store in one PostgreSQL database, which any number of gateways share; see `Store` for its methods.

    Args:
        url: Where it is: "postgresql://…".
        transacted: Is told of each group of jobs that are written together.
        settings: How it is used.
    """

    def __init__(self, url: str, transacted: Transacted = tell_nobody, settings: PostgresSettings = DEFAULTS) -> None:
        self._transacted = transacted
        self._owner = Owner()
        self._clocks = leasing.ClockComparison()
        super().__init__(Connections(url, settings))
        self._targets = TargetNumbers(self._connections)
        self._doubts = Doubts(self._connections, self._owner)
        self._claimer = Claimer(self._connections, self._doubts)
        self._notices = Notices(self._connections, self._owner)
        self._writing: set[asyncio.Task[Any]] = set()
        self._accepting: GroupWriter | None = None
        self._settling: GroupWriter | None = None
        self._excess = 0

    async def open(self) -> Opened:
        """Connect, and migrate the schema."""
        opened = await open_database(self._connections, self._owner.id)
        self._notices.open(opened.gateway_id)
        acceptor = Acceptor(self._connections, self._owner, self._targets, self._doubts)
        self._accepting = GroupWriter(acceptor.write, self._transacted)
        self._settling = GroupWriter(Settler(self._connections, self._owner).write, self._transacted)
        return opened

    async def close(self) -> None:
        """Commit what was handed in, give back the leases, and close."""
        if self._accepting is None:
            await self._leave()
            return
        await self._finish()
        try:
            await self._connections.transact(lambda it: leasing.give_up(it, self._owner.id))
        except StoreError as error:
            log.warning("leases could not be given back; others take them over in time", problem=str(error))
        self.tell(Change.NODES)
        await self._leave()

    @property
    def shared(self) -> bool:
        """Whether other processes may use the same store: as many as like."""
        return True

    async def describe(self, facts: NodeFacts) -> None:
        """Tell what this node is."""
        await self._write(lambda it: nodes.describe(it, self._owner.id, facts))

    async def cluster(self) -> Cluster:
        """Return who is there."""
        return await self._read(lambda it: nodes.cluster(it, self._owner.id))

    async def take_homes(self, target_ids: Collection[TargetId]) -> Collection[TargetId]:
        """Become home of targets that have none."""
        return await self._write(lambda it: nodes.take_homes(it, self._owner.id, target_ids))

    async def free_homes(self, target_ids: Collection[TargetId]) -> None:
        """Be home of targets no longer."""
        await self._write(lambda it: nodes.free_homes(it, self._owner.id, target_ids))
        self.tell(Change.NODES)

    def tell(self, change: Change) -> None:
        """Tell the other nodes what has changed."""
        self._notices.tell([Notice(change)])

    async def watch(self, told: Told) -> None:
        """Have told what other gateways change."""
        self._notices.listen(told)

    async def accept(
        self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None = None
    ) -> Accepted:
        """Write an event with its deliveries."""
        accepted: Accepted = await _open(self._accepting).submit(Accept(Plan(event, deliveries), duplicate))
        if not accepted.duplicate:
            self._tell_pending(deliveries)
        return accepted

    async def add_deliveries(self, event: Event, deliveries: Sequence[NewDelivery]) -> Sequence[Work]:
        """Write further deliveries of a stored event."""
        work: Sequence[Work] = await _open(self._accepting).submit(Plan(event, deliveries))
        self._tell_pending(deliveries)
        return work

    def mark_begun(self, delivery: Delivery) -> None:
        """Note that an attempt has begun."""
        _open(self._settling).notify(Begun(delivery.id, time.time()))

    async def begin(self, delivery: Delivery, *, alone: bool) -> None:
        """Note that an attempt begins, before it does."""
        await self._write(lambda it: settling.begin(it, self._owner.id, delivery.id, alone=alone))

    def clear(self, delivery: Delivery) -> None:
        """Note that a delivery is no suspect any more."""
        _open(self._settling).notify(Cleared(delivery.id))

    async def suspects(self) -> Sequence[str]:
        """Lease every suspect."""
        return await self._write(lambda it: leasing.lease_suspects(it, self._owner.id))

    async def settle(self, settlement: Settlement) -> None:
        """Write an attempt's end."""
        await _open(self._settling).submit(settlement)

    async def claim(self, target_id: TargetId, *, now: float, limit: int, room: int, ordered: bool) -> Claimed:
        """Lease due deliveries of a target."""
        target = await self._targets.number(target_id)
        if target is None:
            return Claimed([], None)
        claim = Claim(target, target_id, self._owner.id, now, limit, room)
        return await self._shielded(self._claimer.claim(claim, ordered=ordered))

    async def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leased deliveries back."""
        await self._write(lambda it: leasing.release(it, self._owner.id, deliveries))
        self._notices.tell_due({delivery.target_id for delivery in deliveries})

    async def heartbeat(self, seconds: float) -> bool:
        """Extend this owner's leases, and free those of the dead."""
        lease = await self._write(lambda it: leasing.extend(it, self._owner.id, seconds, self._clocks))
        if not lease.known:
            self._owner.renew()
            await self._write(lambda it: leasing.enter(it, self._owner.id, seconds))
        elif not lease.lives:  # perhaps nobody could extend theirs
            self._owner.begin_to_hold()
        targets = {*await self._doubts.settle()}
        if self._owner.held_for >= leasing.COMEBACK:
            freed = await self._write(leasing.free_orphans)
            targets |= {*freed.targets}
            if freed.owners:
                self.tell(Change.NODES)
        if targets:
            names = await self._targets.names(targets)
            self._notices.tell_due(names)
            for target_id in names:
                self._notices.hear(Notice(Change.DUE, target_id))
        return lease.known

    async def replay(
        self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None, new_ids: bool = False
    ) -> Step:
        """Make some of the deliveries that a filter finds pending."""
        return await self._step(wanted, cursor, now, replaying.replace if new_ids else replaying.replay)

    async def cancel(self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None) -> Step:
        """Cancel some of the deliveries that a filter finds."""
        return await self._step(wanted, cursor, now, replaying.cancel)

    async def add_replayed(self, event: Event, deliveries: Sequence[NewDelivery]) -> None:
        """Write pending deliveries of a stored event."""
        numbers = await self._targets.numbers({delivery.target_id for delivery in deliveries})
        await self._write(lambda it: replaying.add(it, numbers, event, deliveries))
        self._tell_pending(deliveries)

    async def set_targets(self, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
        """Record today's targets."""
        return await self._write(lambda it: changing.set_targets(it, fingerprints))

    async def set_held(self, target_id: TargetId, held: Hold | None, *, reason: str | None, now: float) -> TargetState:
        """Pause or disable a target, or let it go."""
        state = TargetState(target_id, held, reason, now)
        await self._write(lambda it: changing.set_held(it, state))
        self._notices.tell([Notice(Change.HELD, target_id)])
        return state

    async def note_failing(self, target_id: TargetId, seconds: float) -> None:
        """Note for how long a target fails."""
        await self._write(lambda it: changing.note_failing(it, target_id, seconds))

    async def trim(self, target_id: TargetId, limit: BacklogLimit, *, now: float, step: int) -> Trimmed:
        """Give up what waits beyond a target's bounds."""
        target = await self._targets.number(target_id)
        if target is None:
            return Trimmed(0, 0)
        excess = await self._read(lambda it: changing.find_excess(it, target, limit, now, step))
        for first in range(0, len(excess.numbers), BURIED_AT_ONCE):
            numbers = excess.numbers[first : first + BURIED_AT_ONCE]
            await self._write(partial(changing.bury, numbers=numbers, limit=limit, now=now))
        return Trimmed(excess.expired, len(excess.numbers) - excess.expired)

    async def prune(self, retention: Retention, *, now: float, after: int, step: int) -> Pruned:
        """Delete some of the oldest events."""
        if not after:
            self._excess = await self._read(lambda it: pruning.count_excess(it, retention))
        found = await self._read(
            lambda it: pruning.find_prunable(it, retention, now, after, step=step, excess=self._excess)
        )
        pruned = await self._write(lambda it: pruning.prune(it, found.seqs)) if found.seqs else 0
        self._excess = max(0, self._excess - pruned)
        return Pruned(pruned, found.last)

    async def shorten(self) -> bool:
        """Leave free room to PostgreSQL, which uses it again."""
        return False

    async def set_reserve_aside(self) -> None:
        """Leave the disk to whoever runs the database."""

    async def measure(self) -> Measures:
        """Measure the store."""
        waiting = sum(writer.waiting for writer in (self._accepting, self._settling) if writer is not None)
        return Measures(waiting, await self._read(pruning.measure), None, None)

    async def purge(self, wanted: EventFilter, cursor: Cursor | None = None) -> Step:
        """Delete some of the events that a filter finds."""
        found = await self._read(lambda it: purging.find(it, wanted, cursor))
        if not found.seqs:
            return Step(0, 0, (), found.following)
        step = await self._write(lambda it: purging.purge(it, found))
        self._notices.tell_due(step.target_ids)
        return step

    async def forget(self) -> bool:
        """Leave no trace of what was deleted in the tables."""
        await self._shielded(self._connections.run(purging.forget))
        return True

    async def shift_due(self, seconds: float, *, now: float) -> None:
        """Move due times."""
        await self._write(lambda it: changing.shift_due(it, self._owner.id, seconds, now))

    async def clamp_due(self, target_id: TargetId, latest: float) -> None:
        """Make what is due too late due at a time."""
        target = await self._targets.number(target_id)
        if target is not None:
            await self._write(lambda it: changing.clamp_due(it, target, latest))

    async def put_endpoint(self, name: str, sealed: bytes, *, expected: str | None, now: float) -> None:
        """Keep an endpoint."""
        await self._write(lambda it: endpoints.put_endpoint(it, name, sealed, expected, now))
        self.tell(Change.ENDPOINTS)

    async def remove_endpoint(self, name: str, *, expected: str) -> None:
        """Remove an endpoint."""
        await self._write(lambda it: endpoints.remove_endpoint(it, name, expected))
        self.tell(Change.ENDPOINTS)

    async def begin_answer(self, key: AnswerKey, fingerprint: bytes, *, now: float) -> KnownAnswer | None:
        """Note that a request is being answered."""
        return await self._write(lambda it: answers.begin(it, key, fingerprint, now))

    async def keep_answer(self, key: AnswerKey, answer: Answer) -> None:
        """Keep the answer to a request."""
        await self._write(lambda it: answers.keep(it, key, answer))

    async def drop_answer(self, key: AnswerKey) -> None:
        """Forget a request."""
        await self._write(lambda it: answers.drop(it, key))

    async def prune_answers(self, *, now: float) -> None:
        """Forget the requests that came too long ago."""
        await self._write(lambda it: answers.prune(it, now))

    async def add_activity(self, added: Activity, *, now: float) -> None:
        """Add counts to what is kept."""
        numbers = await self._targets.numbers({cell.target_id for cell in added.targets})
        await self._write(lambda it: activity.add(it, numbers, added, now))

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        """Keep something of a plugin's."""
        await self._write(lambda it: storage.set_value(it, plugin, key, value))

    async def _finish(self) -> None:
        """Write what was handed in."""
        writers, self._accepting, self._settling = (self._accepting, self._settling), None, None
        for writer in writers:
            if writer is not None:
                await writer.close()
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _leave(self) -> None:
        """Leave the database to the others."""
        await self._finish()
        await self._notices.close()
        await self._connections.close()

    async def _step(self, wanted: DeliveryFilter, cursor: Cursor | None, now: float, change: replaying.Change) -> Step:
        """Search, then change what was found."""
        found = await self._read(lambda it: replaying.find(it, wanted, cursor))
        if not found.numbers:
            return Step(0, 0, (), found.following)
        step = await self._write(lambda it: replaying.change(it, found, now, change))
        self._notices.tell_due(step.target_ids)
        return step

    def _tell_pending(self, deliveries: Iterable[NewDelivery]) -> None:
        self._notices.tell_due({each.target_id for each in deliveries if not each.leased or each.coalesce is not None})

    async def _write(self, act: Act[_Result]) -> _Result:
        return await self._shielded(self._connections.transact(act))

    async def _shielded(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Go through with something, though who asked for it goes away."""
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._written)
        return await asyncio.shield(task)

    def _written(self, task: asyncio.Task[Any]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits is told; asyncio need not tell that nobody does any more


def _open(writer: GroupWriter | None) -> GroupWriter:
    if writer is None:
        raise StoreUnavailableError("the store is closed")
    return writer
