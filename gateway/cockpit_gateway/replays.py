"""Replays: deliver again, or no more, whatever a filter finds; and stored events by today's configuration."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import DeliveryState, Hold, TargetId
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.planning import PlannedAgain, Planner
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Cursor, DeliveryFilter, EventFilter, EventPage, Step, Tally
from cockpit_gateway.telemetry.metrics import Metrics

CANCELLABLE = (DeliveryState.PENDING, DeliveryState.DEAD)
"""The states from which a delivery can be cancelled."""

MOST_WRITTEN = 500
"""Deliveries written in one transaction: what comes in waits for it."""


@dataclass(slots=True)
class PlannedTally:
    """What some events give rise to for one target.

    Attributes:
        deliveries: How many deliveries.
        repeated: How many of them are of events that were delivered to this target before.
        oldest: When the first of the events was received, seconds since the Unix epoch.
        newest: When the last of them was received, seconds since the Unix epoch.
    """

    deliveries: int = 0
    repeated: int = 0
    oldest: float = float("inf")
    newest: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step through stored events.

    Attributes:
        events: How many events it looked at.
        begin: Where the walk began: another one from there finds none that came in meanwhile.
        following: Where the next step goes on, None after the last.
        targets: What they give rise to.
        failed: How many plans failed, by plugin.
    """

    events: int
    begin: Cursor
    following: Cursor | None
    targets: dict[TargetId, PlannedTally] = field(default_factory=dict[TargetId, PlannedTally])
    failed: Counter[str] = field(default_factory=Counter[str])


class Replays:
    """Previews replays, and makes them step by step.

    Args:
        store: What is kept.
        dispatcher: Knows the targets, and gets what falls due again.
        planner: Plans stored events.
        clock: The time.
        metrics: Counts what is replayed.
    """

    def __init__(
        self,
        *,
        store: Store,
        dispatcher: Dispatcher,
        planner: Planner,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._planner = planner
        self._clock = clock
        self._metrics = metrics

    def held(self, target_id: TargetId) -> Hold | None:
        """Return why a target's deliveries are passed by; None if they are not."""
        hold = self._dispatcher.held(target_id)
        return None if hold is None else hold[0]

    async def preview(self, wanted: DeliveryFilter) -> Sequence[Tally]:
        """Count what a filter finds, by target and state.

        Raises:
            NotFoundError: the filter names a delivery or a target that does not exist.
        """
        found = await self._store.tally(wanted)
        if not found and wanted.target is not None:
            await self._refuse_unknown(wanted.plugin, wanted.target)
        return found

    async def replay(self, wanted: DeliveryFilter, cursor: Cursor | None, *, new_ids: bool) -> Step:
        """Make some of what a filter finds pending and due at once; see `Store.replay`."""
        now = self._clock.time()
        step = self._noted(await self._store.replay(wanted, now=now, cursor=cursor, new_ids=new_ids), now)
        self._metrics.replayed(step.changed)
        return step

    async def cancel(self, wanted: DeliveryFilter, cursor: Cursor | None) -> Step:
        """Cancel some of what a filter finds; see `Store.cancel`."""
        now = self._clock.time()
        return self._noted(await self._store.cancel(wanted, now=now, cursor=cursor), now)

    async def preview_events(self, wanted: EventFilter, cursor: Cursor | None, only: TargetId | None) -> PlannedStep:
        """Count what some of the events that a filter finds give rise to today.

        Args:
            wanted: Which events.
            cursor: Where the step before ended, None for the first.
            only: The target to plan for, None for all.

        Raises:
            NotFoundError: the filter names an event that does not exist, or there is no such target.
        """
        page = await self._page(wanted, cursor, only)
        return _counted(page, await self._planner.plan_again(page.events, only))

    async def replay_events(self, wanted: EventFilter, cursor: Cursor | None, only: TargetId | None) -> PlannedStep:
        """Make the deliveries that some of the events that a filter finds give rise to today; see `preview_events`."""
        page = await self._page(wanted, cursor, only)
        plans = await self._planner.plan_again(page.events, only)
        for batch in _batches(plans):
            await asyncio.gather(*(self._store.add_replayed(plan.event, plan.deliveries) for plan in batch))
            self._metrics.replayed(sum(len(plan.deliveries) for plan in batch))
            for delivery in (delivery for plan in batch for delivery in plan.deliveries):
                self._dispatcher.expect(delivery.target_id, delivery.due_at)
        return _counted(page, plans)

    async def _page(self, wanted: EventFilter, cursor: Cursor | None, only: TargetId | None) -> EventPage:
        if only is not None and only not in self._dispatcher.targets:
            raise NotFoundError(f"there is no endpoint {only}; see `cockpit-gateway endpoints list`")
        return await self._store.walk(wanted, cursor)

    def _noted(self, step: Step, now: float) -> Step:
        """Have what is due claimed; one that was cancelled may have held up others."""
        for target_id in step.target_ids:
            self._dispatcher.expect(target_id, now)
        return step

    async def _refuse_unknown(self, plugin: str | None, target: str) -> None:
        recorded = {state.target_id for state in await self._store.target_states()}
        for known in {*self._dispatcher.targets, *recorded}:
            if known.target == target and plugin in (None, known.plugin):
                return
        name = target if plugin is None else TargetId(plugin, target)
        raise NotFoundError(f"there is no endpoint {name}; see `cockpit-gateway endpoints list`")


def to_replay(wanted: DeliveryFilter) -> DeliveryFilter:
    """Return what a filter means for a replay: dead letters, unless it names states or deliveries."""
    return _by_default(wanted, (DeliveryState.DEAD,))


def to_cancel(wanted: DeliveryFilter) -> DeliveryFilter:
    """Return what a filter means for a cancellation: what has not ended, unless it names states or deliveries."""
    return _by_default(wanted, (DeliveryState.PENDING, DeliveryState.RUNNING))


def _by_default(wanted: DeliveryFilter, states: Sequence[DeliveryState]) -> DeliveryFilter:
    return wanted if wanted.states or wanted.ids else replace(wanted, states=states)


def _counted(page: EventPage, plans: Sequence[PlannedAgain]) -> PlannedStep:
    step = PlannedStep(len(page.events), Cursor(0, 0, page.last), page.following)
    for event, deliveries, failed in plans:
        step.failed.update(failed)
        for delivery in deliveries:
            counted = step.targets.setdefault(delivery.target_id, PlannedTally())
            counted.deliveries += 1
            counted.repeated += delivery.target_id in page.delivered.get(event.seq, ())
            counted.oldest = min(counted.oldest, event.received_at)
            counted.newest = max(counted.newest, event.received_at)
    return step


def _batches(plans: Sequence[PlannedAgain]) -> Iterator[list[PlannedAgain]]:
    """Cut plans into pieces that are written in one transaction each."""
    batch: list[PlannedAgain] = []
    size = 0
    for plan in plans:
        if batch and size + len(plan.deliveries) > MOST_WRITTEN:
            yield batch
            batch, size = [], 0
        if plan.deliveries:
            batch.append(plan)
            size += len(plan.deliveries)
    if batch:
        yield batch
