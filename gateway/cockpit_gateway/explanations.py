"""Explanations: what became of an event, and why: at the door, at each target, at each hook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import Delivery, DeliveryState, TargetId
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.hindrances import Wait, WaitsFor
from cockpit_gateway.delivery.planning import Planner
from cockpit_gateway.errors import RAISED_BY_PLUGINS, NotFoundError
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.registry import Implementation
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.targets import PLAN_TARGET, Explained
from cockpit_gateway.threads import abandon

PATIENCE = 5.0
"""Seconds that a plugin gets to explain itself."""

MOST_DELIVERIES = 1000
"""Deliveries of one event that are looked at."""

LONGEST_CHAIN = 1000
"""Deliveries that are followed from one that was superseded to the one that carries its event."""


@dataclass(frozen=True, slots=True)
class DeliveryExplanation:
    """A delivery of the event, and why it is where it is.

    Attributes:
        delivery: The delivery.
        reason: Why it waits, or how it ended, in a line.
        waits_for: What an unfinished one waits for, None for one that has ended.
        until: Until when at most, seconds since the Unix epoch; None if that is not known.
        other: The unfinished delivery that it waits for, or the one that was sent in its place.
    """

    delivery: Delivery
    reason: str
    waits_for: WaitsFor | None = None
    until: float | None = None
    other: Delivery | None = None


@dataclass(frozen=True, slots=True)
class TargetExplanation:
    """What a target has to do with the event.

    Attributes:
        target_id: The target.
        planned_today: True if the event would be planned for it, if it came today.
        reason: Why, or why not, by today's configuration: in a line.
        setting: The setting that decides that, None if there is none.
        values: What that setting sees of the event, by name: texts that are short.
        deliveries: What was planned, oldest first; usually one, none if it was not planned.
        difference: Where today's configuration says something else than what was planned, and what to do; None if it
            does not.
    """

    target_id: TargetId
    planned_today: bool
    reason: str
    setting: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    deliveries: Sequence[DeliveryExplanation] = ()
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class CalledHook:
    """A hook that the event calls.

    Attributes:
        hook: Its name.
        plugins: The plugins that implement it: each is a target.
    """

    hook: str
    plugins: Sequence[str]


@dataclass(frozen=True, slots=True)
class EventExplanation:
    """What became of an event.

    Attributes:
        event: The event.
        door: What became of it at the door, in a line.
        hooks: The hooks that it calls, by today's plugins.
        targets: Every target that is configured, or that it was planned for; none of a dropped event.
    """

    event: Event
    door: str
    hooks: Sequence[CalledHook]
    targets: Sequence[TargetExplanation]


class Explanations:
    """Explains events.

    Args:
        store: What is kept.
        dispatcher: Knows the targets, and what holds them.
        plugins: The plugins.
        planner: Plans the event again, and asks the plugins why.
        clock: The time.
        unready: Returns why the gateway is not ready, None when it is.
        hide: Takes the secrets of the configuration out of a text.
    """

    def __init__(
        self,
        *,
        store: Store,
        dispatcher: Dispatcher,
        plugins: Plugins,
        planner: Planner,
        clock: Clock,
        unready: Callable[[], str | None],
        hide: Callable[[str], str],
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._planner = planner
        self._plugins = plugins
        self._clock = clock
        self._unready = unready
        self._hide = hide

    async def explain(self, event_id: str, only: TargetId | None = None) -> EventExplanation:
        """Return what became of an event, and why.

        Args:
            event_id: The event's id.
            only: The target to look at, None for all.

        Raises:
            NotFoundError: there is no such event, or no such target.
        """
        event = await self._store.event(event_id)
        found = await self._store.deliveries(DeliveryFilter(event_id=event.id, limit=MOST_DELIVERIES))
        by_target: dict[TargetId, list[DeliveryExplanation]] = {}
        for delivery in reversed(found):
            by_target.setdefault(delivery.target_id, []).append(await self._delivery(delivery))
        dropped = event.status is EventStatus.DROPPED
        today = {} if dropped else await self._today(event)
        if only is not None and only not in {*today, *by_target, *self._dispatcher.targets}:
            raise self._dispatcher.unknown(only)
        late = {target_id.plugin for target_id in by_target if target_id.target == PLAN_TARGET}
        targets = [
            self._target(event, target_id, today.get(target_id), by_target.get(target_id, ()), late)
            for target_id in sorted({*today, *by_target})
            if only in (None, target_id)
        ]
        return EventExplanation(event, _door(event), () if dropped else self._hooks(event), targets)

    async def _today(self, event: Event) -> dict[TargetId, Explained]:
        """Return what today's configuration and plugins say of an event, by target."""
        handlers = self._planner.handlers_of(event)
        found = {
            target_id: Explained(target_id.target, planned=True, reason="the plugin implements this hook")
            for target_id in handlers
        }
        for planner in self._planner.planners:
            found |= {TargetId(planner.plugin, told.target): told for told in await self._told(planner, event)}
        return found

    async def _told(self, planner: Implementation, event: Event) -> Sequence[Explained]:
        plugin = planner.plugin
        if self._plugins.host(planner).threads.stuck:
            return self._untold(plugin, "all its threads hang")
        call = asyncio.create_task(self._planner.explain(planner, event))
        await asyncio.wait([call], timeout=PATIENCE)
        if not call.done():
            await abandon([call])
            return self._untold(plugin, f"it does not answer for {PATIENCE:g} seconds")
        try:
            return call.result()
        except RAISED_BY_PLUGINS as error:
            return self._untold(plugin, f"its planner fails ({type(error).__name__}: {error})")

    def _untold(self, plugin: str, why: str) -> Sequence[Explained]:
        reason = f"plugin {plugin} cannot say: {why}"
        return [Explained(target, planned=False, reason=reason) for target in self._planner.targets_of(plugin)]

    def _hooks(self, event: Event) -> Sequence[CalledHook]:
        handlers = self._planner.handlers_of(event)
        return [
            CalledHook(hook, [found.plugin for found in handlers if found.target == hook])
            for hook in self._planner.hooks_of(event)
        ]

    def _target(
        self,
        event: Event,
        target_id: TargetId,
        told: Explained | None,
        deliveries: Sequence[DeliveryExplanation],
        late: set[str],
    ) -> TargetExplanation:
        if target_id.target == PLAN_TARGET:
            reason = "the plugin's planner failed or was late when the event came, so that it plans again"
            return TargetExplanation(target_id, planned_today=False, reason=reason, deliveries=deliveries)
        today = told or Explained(target_id.target, planned=False, reason="neither configuration nor plugins have it")
        return TargetExplanation(
            target_id,
            today.planned,
            self._hide(today.reason),
            today.setting,
            {name: self._hide(value) for name, value in today.values.items()},
            deliveries,
            _difference(event, target_id, today, planned=bool(deliveries), late=target_id.plugin in late),
        )

    async def _delivery(self, delivery: Delivery) -> DeliveryExplanation:
        if delivery.ended_at is None:
            explanation = await self._unfinished(delivery)
        else:
            other = await self._sent_instead(delivery) if delivery.superseded_by else None
            explanation = DeliveryExplanation(delivery, _end(delivery), other=other)
        return replace(explanation, reason=self._hide(explanation.reason))

    async def _unfinished(self, delivery: Delivery) -> DeliveryExplanation:
        """Say what comes in the way first: the gateway, the target, the time, the lane, the limits."""
        if (unready := self._unready()) is not None:
            return _waiting(delivery, Wait(WaitsFor.GATEWAY, f"nothing is delivered now ({unready})"))
        hold, limit = self._dispatcher.hindrance(delivery)
        now = self._clock.time()
        if delivery.state is DeliveryState.RUNNING:
            return _waiting(delivery, limit, now)
        if hold is not None:
            return _waiting(delivery, hold, now)
        if delivery.due_at > now:
            return _waiting(delivery, Wait(WaitsFor.TIME, self._why_later(delivery), delivery.due_at - now), now)
        first = await self._first_in_lane(delivery)
        if first is not None:
            reason = f"the target keeps the order, and an earlier delivery of {first.key or 'its lane'} comes first"
            return replace(_waiting(delivery, Wait(WaitsFor.LANE, reason)), other=first)
        return _waiting(delivery, limit, now)

    def _why_later(self, delivery: Delivery) -> str:
        if delivery.attempts > delivery.fresh_from:
            return f"it is tried again, after attempt {delivery.attempts}: {delivery.reason}"
        target = self._dispatcher.target(delivery.target_id)
        merges = target is not None and target.coalesce is not None
        return "its burst is not over (`coalesce`)" if merges else "its first attempt is due later"

    async def _first_in_lane(self, delivery: Delivery) -> Delivery | None:
        target = self._dispatcher.target(delivery.target_id)
        ordered = target is not None and target.ordered
        return await self._store.held_back_by(delivery.id) if ordered else None

    async def _sent_instead(self, delivery: Delivery) -> Delivery | None:
        """Follow a delivery that was superseded to the one that carries its event, or stands for it."""
        for _ in range(LONGEST_CHAIN):
            if delivery.superseded_by is None:
                return delivery
            try:
                delivery = await self._store.delivery(delivery.superseded_by)
            except NotFoundError:  # retention has deleted it
                return None
        return delivery


def _waiting(delivery: Delivery, wait: Wait, now: float = 0.0) -> DeliveryExplanation:
    until = None if wait.seconds is None else now + wait.seconds
    return DeliveryExplanation(delivery, wait.reason, wait.what, until)


def _end(delivery: Delivery) -> str:
    if delivery.state is DeliveryState.DELIVERED:
        return f"delivered in attempt {delivery.attempts}"
    return delivery.reason or delivery.state.value


def _door(event: Event) -> str:
    """Return what became of an event at the door."""
    match event.status:
        case EventStatus.ACCEPTED:
            return "stored"
        case EventStatus.UNDECODABLE:
            return f"stored as it came, but it could not be decoded: {event.problem}"
        case EventStatus.WITHHELD:
            return f"stored without its arguments: {event.problem}"
        case EventStatus.DROPPED:
            return f"dropped, so that it is delivered nowhere: {event.problem}"


def _difference(event: Event, target_id: TargetId, today: Explained, *, planned: bool, late: bool) -> str | None:
    if planned == today.planned:
        return None
    if planned:
        return "it was planned, and would not be today"
    if late:
        return f"it is planned later: see {TargetId(target_id.plugin, PLAN_TARGET)}"
    return (
        "it would be delivered today, and was not planned when it came: the configuration or a plugin has changed. "
        f"Deliver it with `cockpit-gateway events replay {event.id} --endpoint {target_id}`"
    )
