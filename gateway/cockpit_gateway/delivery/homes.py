"""Homes: of which targets this node is home. A target has one at a time, and nobody else begins an attempt of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from time import perf_counter

import structlog

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.attempts import Attempts
from cockpit_gateway.delivery.lease import EVERY, LEASE, Lease
from cockpit_gateway.delivery.rendezvous import assign
from cockpit_gateway.delivery.roster import Roster
from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.nodes import Cluster, NodeFacts
from cockpit_gateway.store.notices import Change
from cockpit_gateway.store.port import Store
from cockpit_gateway.telemetry.metrics import Metrics

UPKEEP = TargetId("gateway", "upkeep")
"""Stands for what one node does for all: its home deletes what is old."""

LOOK_AGAIN = 0.1
"""Seconds between two looks whether a target that is given away has come to rest."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Homes:
    """Keeps this node's lease, takes the targets that fall to it, and gives away those that fall to others.

    Args:
        store: Where it is written who is home of what.
        lease: Is extended.
        roster: The targets.
        attempts: Begins none at a target that is given away.
        metrics: Counts what is under way when the lease is lost.
        arrived: Begins to deliver to targets that have come.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        roster: Roster,
        attempts: Attempts,
        metrics: Metrics,
        arrived: Callable[[Collection[TargetId]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._lease = lease
        self._roster = roster
        self._attempts = attempts
        self._metrics = metrics
        self._arrived = arrived
        self.facts: Callable[[], Awaitable[NodeFacts]] = _nothing
        """Returns what this node tells of itself; the targets are added."""
        self.cluster = Cluster("", (), {})
        """Who was there at the last look."""
        self.changed = asyncio.Event()
        """Set when it is worth while to look again."""
        self._stopping = False
        self._described: NodeFacts | None = None
        self._here: set[TargetId] = set()
        self._leaving: set[TargetId] = set()

    @property
    def keeps_up(self) -> bool:
        """Whether this node does what one does for all."""
        return not self._store.shared or (UPKEEP in self._here and self._lease.holds)

    def is_here(self, target_id: TargetId) -> bool:
        """Tell whether this node is home of a target, or would be if it were configured anywhere."""
        if not self._store.shared:
            return True
        return target_id in self._here or (target_id not in self.cluster.homes and self.keeps_up)

    def broken(self, target_id: TargetId) -> str | None:
        """Return why another node's breaker for a target is open; None if it is not."""
        told = (node.facts.broken.get(target_id) for node in self.cluster.nodes if node.owner is not None)
        return next((reason for reason in told if reason is not None), None)

    def name_of(self, target_id: TargetId) -> str | None:
        """Return the name of the node that is home of a target; None if none is, just now."""
        owner = self.cluster.homes.get(target_id)
        return next((node.facts.name for node in self.cluster.nodes if owner and node.owner == owner), None)

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            await self._wait()
            self.changed.clear()
            try:
                await self.look()
            except (StoreError, TimeoutError) as error:
                self._note_failure(error)
            except Exception:
                log.exception("cannot look after the other nodes now, trying again")

    async def look(self) -> None:
        """Extend the lease, and take and give away targets.

        Raises:
            StoreError: the store cannot do it.
            TimeoutError: it has not answered.
        """
        asked_at = self._lease.now()
        async with asyncio.timeout(LEASE - EVERY):
            if (self._store.shared or not self.cluster.me) and not await self._store.heartbeat(LEASE):
                self._described = None
            await self._describe()
            cluster = await self._store.cluster()
        if cluster.me != self.cluster.me:
            self._begin_anew(cluster)
        self.cluster = cluster
        if self._store.shared:
            self._extend(asked_at)
            await self._move(cluster)

    async def leave(self) -> None:
        """Give everything away, because this node stops; what is under way comes to its end."""
        self._stopping = True
        if self._store.shared:
            await self._depart(self._here)
            self.changed.set()

    def _extend(self, asked_at: float) -> None:
        held = self._lease.holds
        self._lease.extend(asked_at)
        if not held:
            for queue in self._roster.queues.values():
                self._attempts.enqueue(queue, ())

    async def _describe(self) -> None:
        facts = self._with_targets(await self.facts())
        if facts != self._described:
            await self._store.describe(facts)
            self._described = facts
            self._store.tell(Change.NODES)

    def _with_targets(self, facts: NodeFacts) -> NodeFacts:
        queues = self._roster.queues.values()
        broken = {
            queue.target_id: queue.reason or "it failed again and again"
            for queue in queues
            if queue.home and queue.breaker is not None and queue.breaker.open
        }
        targets = frozenset({UPKEEP, *self._roster.queues})
        return replace(facts, targets=targets, broken=broken, leaving=self._stopping)

    def _begin_anew(self, cluster: Cluster) -> None:
        """Forget what belonged to another owner: its lease has run out, and others may have taken everything."""
        if not self.cluster.me:
            return
        self._described = None
        self._lease.lose()
        self._here.clear()
        self._leaving.clear()
        running = 0
        for queue in self._roster.everyone():
            queue.home = False
            self._attempts.forget(queue)
            running += queue.running
        self._metrics.lease_lost()
        log.error(
            "this node's lease had run out, others have taken its targets over; it joins anew",
            owner=cluster.me,
            attempts=running,
        )

    async def _move(self, cluster: Cluster) -> None:
        wanted = {target_id for target_id, owner in assign(cluster.nodes).items() if owner == cluster.me}
        mine = {target_id for target_id, owner in cluster.homes.items() if owner == cluster.me}
        await self._depart(mine - wanted)
        free = wanted - cluster.homes.keys()
        taken = await self._store.take_homes(free) if free else ()
        await self._arrive({*taken, *(mine & wanted)} - self._here - self._leaving)
        await self._free_quiet()
        self._metrics.homes(len(self._here))

    async def _arrive(self, target_ids: Collection[TargetId]) -> None:
        if target_ids:
            await self._arrived(target_ids)
            self._here.update(target_ids)

    async def _depart(self, target_ids: Iterable[TargetId]) -> None:
        """Begin no more attempts of these targets, and give back what waits."""
        for target_id in [*target_ids]:
            self._here.discard(target_id)
            self._leaving.add(target_id)
            queue = self._roster.known(target_id)
            if queue is not None:
                queue.home = False
                await self._attempts.give_back(queue)

    async def _free_quiet(self) -> None:
        """Let those targets go at which nothing is under way any more."""
        queues = {target_id: self._roster.known(target_id) for target_id in self._leaving}
        quiet = {target_id for target_id, queue in queues.items() if queue is None or queue.quiet}
        if quiet:
            await self._store.free_homes(quiet)
            self._leaving -= quiet
            self.changed.set()

    async def _wait(self) -> None:
        """Wait for the next look; meanwhile let go what comes to rest."""
        until = perf_counter() + EVERY
        while (left := until - perf_counter()) > 0 and not self.changed.is_set():
            try:
                async with asyncio.timeout(min(left, LOOK_AGAIN) if self._leaving else left):
                    await self.changed.wait()
            except TimeoutError:
                if self._leaving:
                    await self._try_to_free()

    async def _try_to_free(self) -> None:
        try:
            await self._free_quiet()
        except StoreError as error:
            log.warning("cannot let targets go now, trying again", problem=str(error))

    def _note_failure(self, error: Exception) -> None:
        problem = str(error) or "the store does not answer"
        if self._lease.holds:
            log.warning("cannot extend this node's lease now, trying again", problem=problem)
        else:
            log.error("this node's lease has run out: it delivers nothing until the store answers", problem=problem)


async def _nothing() -> NodeFacts:
    return NodeFacts("")


def homes_of(cluster: Cluster) -> Mapping[str, Collection[TargetId]]:
    """Return of which targets each owner is home."""
    found: dict[str, list[TargetId]] = {}
    for target_id, owner in sorted(cluster.homes.items()):
        found.setdefault(owner, []).append(target_id)
    return found
