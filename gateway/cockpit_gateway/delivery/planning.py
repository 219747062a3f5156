"""Planning: which deliveries an event gives rise to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from functools import partial
from posixpath import commonpath
from typing import NamedTuple

import structlog
import uuid_utils

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import Response, TargetId, Work, lane_key
from cockpit_gateway.delivery.calls import Call
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.fitting import list_of
from cockpit_gateway.handlers import HandlerTable
from cockpit_gateway.hosting import Host, Plugins
from cockpit_gateway.registry import Implementation
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import NewDelivery
from cockpit_gateway.targets import PLAN_TARGET, Explained, Planned, Target
from cockpit_gateway.telemetry.metrics import Metrics

PLANNING_BUDGET = 0.02
"""Seconds on the event loop after which a planner is late: its next plans are made in its plugin's threads."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PlannedAgain(NamedTuple):
    """What a stored event gives rise to today.

    Attributes:
        event: The event.
        deliveries: Pending ones, none of them written.
        failed: The plugins whose planner failed.
    """

    event: Event
    deliveries: list[NewDelivery]
    failed: list[str]


class Planner:
    """Plans deliveries: one per handler of the event, and what each plugin's `plan_deliveries` asks for.

    Args:
        plugins: The plugins; `renew` after they have become others.
        catalogue: The known events.
        dispatcher: Knows the targets, and whether it has room.
        store: Takes the deliveries of a plan made later.
        clock: Tells when they are due.
        metrics: Counts failures.
    """

    def __init__(
        self,
        plugins: Plugins,
        catalogue: Catalogue,
        dispatcher: Dispatcher,
        store: Store,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._plugins = plugins
        self._dispatcher = dispatcher
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._catalogue = catalogue
        self.renew()

    def renew(self) -> None:
        """Plan by what the plugins are now."""
        registry = self._plugins.registry
        self._handlers = HandlerTable(registry, self._catalogue)
        self._planners = registry.implementations("plan_deliveries")
        # A plugin that comes with the gateway is mostly there without a target: it is not asked for every event.
        self._asked = [planner for planner in self._planners if self._has_targets(planner.plugin)]
        self._late: set[str] = set()

    def plan(self, event: Event) -> list[NewDelivery]:
        """Return the deliveries of an event; none for a dropped one. Never raises for what a plugin does."""
        if event.status is EventStatus.DROPPED:
            return []
        deliveries = [self._delivery(event, target_id) for target_id in self.handlers_of(event)]
        for planner in self._asked:
            deliveries += self._plan_or_defer(planner, event)
        return deliveries

    async def plan_again(self, events: Sequence[Event], only: TargetId | None = None) -> list[PlannedAgain]:
        """Plan stored events, in the plugins' threads; nothing is written, reserved or handed on.

        Args:
            events: The events; there are no deliveries of a dropped one.
            only: The target to plan for, None for all.
        """
        plans = [PlannedAgain(event, [], []) for event in events]
        sound = [plan for plan in plans if plan.event.status is not EventStatus.DROPPED]
        for event, deliveries, _ in sound:
            deliveries += [self._pending(event, target_id) for target_id in self.handlers_of(event)]
        for planner in self._planners:
            if only is None or planner.plugin == only.plugin:
                await self._plugins.host(planner).run_in_thread(partial(self._plan_each, planner, sound))
        for plan in sound:
            plan.deliveries[:] = [delivery for delivery in plan.deliveries if only in (None, delivery.target_id)]
        return plans

    @property
    def planners(self) -> Sequence[Implementation]:
        """What plans: each plugin's `plan_deliveries`."""
        return self._planners

    def targets_of(self, plugin: str) -> Sequence[str]:
        """Return the targets that a plugin plans for: neither its handlers nor where a plan is made again."""
        handlers = {found.hook for found in self._plugins.registry.handlers() if found.plugin == plugin}
        own = (target_id.target for target_id in self._dispatcher.targets if target_id.plugin == plugin)
        return [target for target in own if target not in handlers and target != PLAN_TARGET]

    async def explain(self, planner: Implementation, event: Event) -> list[Explained]:
        """Return for each target of a plugin whether it gets an event today, and why: asked in the plugin's threads.

        Args:
            planner: One of `planners`.
            event: The event.

        Raises:
            Exception: whatever the plugin raises.
        """
        explained: list[Explained] = await self._plugins.host(planner).run_in_thread(
            lambda: self._explain(planner, event)
        )
        return explained

    def _explain(self, planner: Implementation, event: Event) -> list[Explained]:
        plugin, host = planner.plugin, self._plugins.host(planner)
        planned = {target_id.target for target_id, _ in self._places(planner, self._call(planner, event, host))}
        explainer = self._plugins.registry.implementation(plugin, "explain_deliveries")
        answer: object = () if explainer is None else host.call(explainer, {"event": event}) or ()
        told = {
            (item.target, item.planned): item
            for item in list_of(Explained, answer, f"explain_deliveries of plugin {plugin}")
        }
        return [
            told.get((target, target in planned)) or _without_reason(plugin, target, planned=target in planned)
            for target in self.targets_of(plugin)
        ]

    def _has_targets(self, plugin: str) -> bool:
        """Tell whether a plugin may plan anything: it has targets, or does not say at the start which."""
        declares = self._plugins.registry.implementation(plugin, "register_targets") is not None
        return not declares or bool(self.targets_of(plugin))

    def late_call(self, planner: Implementation, host: Host) -> Call:
        """Return the call that plans again, in the plugin's threads, and adds the deliveries to the stored event."""

        async def call(work: Work) -> Response | None:
            planned = await host.run_in_thread(lambda: self._timed(planner, work.event, host))
            # What is being committed has to be taken over, even if this attempt's time is up meanwhile.
            await asyncio.shield(self._add(work.event, self._deliveries(planner, work.event, planned)))
            return None

        return call

    async def _add(self, event: Event, deliveries: Sequence[NewDelivery]) -> None:
        try:
            added = await self._store.add_deliveries(event, deliveries)
        except BaseException:
            self._dispatcher.withdraw(deliveries, len(event.body))
            raise
        self._dispatcher.take(event, deliveries, added)

    def _plan_or_defer(self, planner: Implementation, event: Event) -> Iterable[NewDelivery]:
        if planner.plugin not in self._late:
            try:
                host = self._plugins.host(planner)
                return self._deliveries(planner, event, self._timed(planner, event, host))
            except RAISED_BY_PLUGINS:
                log.exception("planner failed, it plans again later", plugin=planner.plugin, event_id=event.id)
        return [self._delivery(event, TargetId(planner.plugin, PLAN_TARGET))]

    def _plan_each(self, planner: Implementation, plans: Sequence[PlannedAgain]) -> None:
        for event, deliveries, failed in plans:
            try:
                planned = self._call(planner, event, self._plugins.host(planner))
                deliveries += [self._pending(event, *where) for where in self._places(planner, planned)]
            except RAISED_BY_PLUGINS:
                log.exception("planner failed", plugin=planner.plugin, event_id=event.id)
                failed.append(planner.plugin)

    def handlers_of(self, event: Event) -> Sequence[TargetId]:
        """Return the handlers that an event calls."""
        return [TargetId(handler.plugin, handler.hook) for handler in self._handlers.for_event(event.name)]

    def hooks_of(self, event: Event) -> Sequence[str]:
        """Return the hooks of handlers that an event calls, whether or not a plugin implements them."""
        if not event.name:
            return ["any_event"]
        match = self._catalogue.match(event.name)
        return ["unknown_event" if match is None else match.entry.hook, "any_event"]

    def _call(self, planner: Implementation, event: Event, host: Host) -> Sequence[Planned]:
        planned: object = host.call(planner, {"event": event}) or ()
        return list_of(Planned, planned, f"plan_deliveries of plugin {planner.plugin}")

    def _timed(self, planner: Implementation, event: Event, host: Host) -> Sequence[Planned]:
        began = time.perf_counter()
        try:
            return self._call(planner, event, host)
        finally:
            self._note_duration(planner.plugin, time.perf_counter() - began)

    def _note_duration(self, plugin: str, seconds: float) -> None:
        if seconds <= PLANNING_BUDGET:
            self._late.discard(plugin)
        elif plugin not in self._late:
            self._late.add(plugin)
            log.warning(
                "planner held the event loop, it plans in its threads", plugin=plugin, seconds=round(seconds, 3)
            )

    def _deliveries(self, planner: Implementation, event: Event, planned: Sequence[Planned]) -> list[NewDelivery]:
        return [self._delivery(event, *place) for place in self._places(planner, planned)]

    def _places(self, planner: Implementation, planned: Sequence[Planned]) -> list[tuple[TargetId, str | None]]:
        """Return the targets that a plan names, each with the lane's key."""
        places = [(TargetId(planner.plugin, item.target), item.key) for item in planned]
        for target_id, key in places:
            _require_text(planner.plugin, key)
            if self._dispatcher.target(target_id) is None:
                raise PluginError(
                    f"plan_deliveries of {planner.plugin} names the target {target_id.target!r}, "
                    "which its register_targets does not"
                )
        return places

    def _delivery(self, event: Event, target_id: TargetId, key: str | None = None) -> NewDelivery:
        target = self._dispatcher.target(target_id)
        # A burst has a wait of its own before its first attempt.
        delay = target.schedule.delays[0] if target is not None and target.coalesce is None else 0.0
        return NewDelivery(
            str(uuid_utils.uuid7()),
            target_id,
            self._key(event, target, key),
            self._clock.time() + delay,
            leased=not delay and self._dispatcher.admit(target_id, len(event.body)),
            coalesce=target.coalesce if target is not None else None,
        )

    def _pending(self, event: Event, target_id: TargetId, key: str | None = None) -> NewDelivery:
        """Return a delivery for itself: neither leased nor merged with others."""
        lane = self._key(event, self._dispatcher.target(target_id), key)
        return NewDelivery(str(uuid_utils.uuid7()), target_id, lane, self._clock.time())

    def _key(self, event: Event, target: Target | None, key: str | None) -> str | None:
        """Return the lane's key; None for a target that keeps no lanes."""
        if target is None or not (target.ordered or target.coalesce is not None):
            return None
        path = self._path(event) if key is None else key
        return lane_key(path.replace("\0", "\ufffd"))  # SQLite's text functions end at U+0000

    def _path(self, event: Event) -> str:
        """The subject; of several, the path that they share; without one, the event's generic name."""
        if event.subjects:
            return commonpath(event.subjects)
        match = self._catalogue.match(event.name)
        return match.entry.generic_name if match else event.name


def _without_reason(plugin: str, target: str, *, planned: bool) -> Explained:
    """Return what is told when the plugin tells nothing, or something else than it plans."""
    verb = "asks for it" if planned else "does not ask for it"
    return Explained(target, planned, f"plan_deliveries of plugin {plugin} {verb}")


def _require_text(plugin: str, key: object) -> None:
    """Refuse a lane's key that no store takes."""
    try:
        if key is None or (isinstance(key, str) and key.encode()):
            return
    except UnicodeEncodeError:
        pass
    if key != "":
        raise PluginError(f"plan_deliveries of {plugin} gives a key that is no text: {key!r:.100}")
