"""Administration: what a person can ask of a gateway, whoever carries the question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

import structlog
import uuid_utils

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import ShownSetting
from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Hold, RequestPreview, TargetId, Work
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.endpoints import Endpoints
from cockpit_gateway.errors import RAISED_BY_PLUGINS, ConflictError
from cockpit_gateway.events import Event
from cockpit_gateway.explanations import EventExplanation, Explanations
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.nodes import NodeReport, reports
from cockpit_gateway.overview import Overview, Series, TargetReport, overview, series
from cockpit_gateway.purges import Purges
from cockpit_gateway.registry import LoadedPlugin, PluginStatus, Registry
from cockpit_gateway.reloading import Reload, ReloadState
from cockpit_gateway.replays import Replays
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.store.activity import Period
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog, TargetState

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PATIENCE_WITH_NODES = 10.0
"""Seconds in which the other nodes are to have read their configuration files again."""

_CURES = {
    Hold.PAUSED: "resume it instead",
    Hold.DISABLED: "enable it instead",
    Hold.BROKEN: "enable it instead, or wait for the next probe",
}


class Administration:
    """Lists and changes what a gateway keeps.

    Args:
        version: The gateway's version.
        store: What is kept.
        dispatcher: Knows the targets, and gets what falls due again.
        plugins: The plugins.
        replays: Replays and cancels deliveries.
        purges: Deletes events for good.
        explanations: Explains events.
        sealer: Seals what is secret and has to be kept.
        endpoints: Lists and changes endpoints.
        reload: Puts the configuration file in force as it is now.
        reload_state: Returns how the last reload went.
        configuration: Returns every setting that is in force, without its secrets.
        clock: The time.
        unready: Returns why the gateway is not ready, None when it is.
        hide: Takes the configuration's secrets out of a text.
    """

    def __init__(
        self,
        *,
        version: str,
        store: Store,
        dispatcher: Dispatcher,
        plugins: Plugins,
        replays: Replays,
        purges: Purges,
        explanations: Explanations,
        sealer: Sealer,
        endpoints: Endpoints,
        reload: Callable[[], Awaitable[Reload]],
        reload_state: Callable[[], ReloadState],
        configuration: Callable[[], Awaitable[Sequence[ShownSetting]]],
        clock: Clock,
        unready: Callable[[], str | None],
        hide: Callable[[str], str],
    ) -> None:
        self.version = version
        self.store = store
        self.replays = replays
        self.purges = purges
        self.sealer = sealer
        self.unready = unready
        self.hide = hide
        self.endpoints = endpoints
        self.reload = reload
        self.reload_state = reload_state
        self.configuration = configuration
        self.hand_over: Callable[[], Awaitable[int]] | None = None
        """Starts a new process and returns its id; None if no daemon runs that could be replaced."""
        self._explanations = explanations
        self._dispatcher = dispatcher
        self._plugins = plugins
        self.clock = clock

    @property
    def registry(self) -> Registry:
        """The plugins."""
        return self._plugins.registry

    async def nodes(self) -> Sequence[NodeReport]:
        """Return the gateways that share the store, by name, those that have died within the last day last."""
        return reports(await self.store.cluster())

    async def reload_everywhere(self) -> tuple[Reload, Sequence[NodeReport]]:
        """Put the configuration file in force as it is now, then have every other node do so with its own file.

        Returns:
            What that has changed here; and the nodes that were there before, those that have not answered left out.

        Raises:
            GatewayError: it failed here, see `Reloads`; the others were not asked.
        """
        before = await self._reloaded()
        reload = await self.reload()
        if self.store.shared:
            await self._await_others(before)
        cluster = await self.store.cluster()
        known = ((node, before.get(node.owner or "")) for node in cluster.nodes)
        answered = [
            node for node, at in known if node.owner == cluster.me or (at is not None and node.facts.reloaded_at != at)
        ]
        return reload, reports(cluster._replace(nodes=answered))

    async def _await_others(self, before: Mapping[str, float]) -> None:
        """Wait until every node that was there has read its file again, as long as that may take."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_WITH_NODES):
                while any(now == before[owner] for owner, now in (await self._reloaded()).items() if owner in before):  # noqa: ASYNC110 - the store is asked
                    await asyncio.sleep(0.1)

    async def _reloaded(self) -> Mapping[str, float]:
        """Return when each node last read its file."""
        return {node.owner: node.facts.reloaded_at for node in (await self.store.cluster()).nodes if node.owner}

    async def restart(self) -> int:
        """Hand over to a new process, which begins when this one has ended; return its id.

        Raises:
            ConflictError: there is nothing to replace, or the new process cannot take over.
        """
        if self.hand_over is None:
            raise ConflictError("no gateway is running that could be restarted")
        return await self.hand_over()

    def held(self, delivery: Delivery) -> Hold | None:
        """Return why a pending delivery is passed by; None if it is not."""
        hold = self._dispatcher.held(delivery.target_id) if delivery.state is DeliveryState.PENDING else None
        return None if hold is None else hold[0]

    async def explain(self, event_id: str, only: TargetId | None = None) -> EventExplanation:
        """Return what became of an event, and why: at the door, and at each target.

        Args:
            event_id: The event's id.
            only: The target to look at, None for all.

        Raises:
            NotFoundError: there is no such event, or no such target.
        """
        return await self._explanations.explain(event_id, only)

    def plugin_status(self, plugin: LoadedPlugin) -> PluginStatus | Literal["stuck"]:
        """Return "loaded", "broken", or "stuck" when all its threads hang."""
        host = self._plugins.hosts.get(plugin.name)
        return "stuck" if host is not None and host.threads.stuck else plugin.status

    async def preview(self, delivery: Delivery) -> RequestPreview | None:
        """Return what an attempt of a delivery would send now; None if nobody says, or the target is gone."""
        hook = self.registry.implementation(delivery.plugin, "preview_delivery")
        if hook is None or self._dispatcher.target(delivery.target_id) is None:
            return None
        event, events = await self.store.event(delivery.event_id), await self.store.batch(delivery.id)
        try:
            shown: RequestPreview | None = await self._plugins.host(hook).run(
                hook, {"delivery": delivery, "event": event, "events": events}
            )
        except RAISED_BY_PLUGINS:
            log.exception("a delivery cannot be previewed", plugin=delivery.plugin, delivery_id=delivery.id)
            return None
        return shown

    async def pause(self, target_id: TargetId, reason: str | None) -> TargetReport:
        """Hold a target's deliveries until a person resumes it; what is under way goes on.

        Raises:
            NotFoundError: there is no such target.
        """
        await self._dispatcher.hold(target_id, Hold.PAUSED, reason or "paused by a person")
        return await self.target(target_id)

    async def resume(self, target_id: TargetId) -> TargetReport:
        """Let a paused target's deliveries run again.

        Raises:
            NotFoundError: there is no such target.
            ConflictError: something else holds it.
        """
        await self._let_go(target_id, Hold.PAUSED)
        return await self.target(target_id)

    async def enable(self, target_id: TargetId) -> TargetReport:
        """Let a disabled or broken target's deliveries run again.

        Raises:
            NotFoundError: there is no such target.
            ConflictError: something else holds it.
        """
        await self._let_go(target_id, Hold.DISABLED, Hold.BROKEN)
        return await self.target(target_id)

    async def test(self, target_id: TargetId, event_id: str | None) -> Attempt:
        """Make one attempt at a target, whatever holds it; nothing is stored, and nothing repeated.

        Args:
            target_id: The target.
            event_id: A stored event to send; None for one made up for the purpose, called "gateway.test".

        Raises:
            NotFoundError: there is no such target or event.
            ConflictError: no gateway runs here.
        """
        if self.unready() is not None:
            raise ConflictError("a test needs a running gateway; start one with `cockpit-gateway run`")
        now = self.clock.time()
        event = _test_event(now) if event_id is None else await self.store.event(event_id)
        plugin, target = target_id
        delivery = Delivery(
            str(uuid_utils.uuid7()), event.id, event.seq, plugin, target, None, DeliveryState.RUNNING, 0, now, now
        )
        verdict, seconds = await self._dispatcher.test(target_id, Work(delivery, event))
        return Attempt(1, now, seconds, verdict.outcome, verdict.reason, verdict.response)

    async def target(self, target_id: TargetId) -> TargetReport:
        """Return one target.

        Raises:
            NotFoundError: it is not configured, and nothing waits for it.
        """
        for report in await self.targets():
            if report.target_id == target_id:
                return report
        raise self._dispatcher.unknown(target_id)

    async def targets(self) -> Sequence[TargetReport]:
        """Return every target that is configured, cannot take part although somebody made it, or has a backlog."""
        backlog = await self._dispatcher.backlog()
        states = {state.target_id: state for state in await self.store.target_states()}
        names = sorted({*self._dispatcher.targets, *self._dispatcher.problems(), *backlog})
        return [self._report(name, states.get(name), backlog.get(name)) for name in names]

    async def overview(self) -> Overview:
        """Return what comes in and goes out, what waits and what fails, now and over the last hour and day.

        Example:
            >>> found = await administration.overview()  # doctest: +SKIP
            >>> [moment.received.stored for moment in found.hour.moments]  # per minute  # doctest: +SKIP
            >>> found.targets[0].day.success, found.targets[0].day.latency_p95  # doctest: +SKIP
        """
        return await overview(self.store, await self.targets(), self.clock.time())

    async def activity(
        self, seconds: int, step: int, *, source: str | None = None, target_id: TargetId | None = None
    ) -> Series:
        """Return what happened, step by step, up to now.

        Args:
            seconds: How far back, at most 30 days; a multiple of `step`.
            step: Seconds of a step: whole minutes up to 48 hours back, whole hours up to 30 days back.
            source: Only what came in from this source.
            target_id: Only deliveries to this target.

        Example:
            >>> await administration.activity(24 * 3600, 15 * 60, target_id=target_id)  # doctest: +SKIP
        """
        period = Period.last(seconds, step, self.clock.time())
        return await series(self.store, period, source=source, target_id=target_id)

    def _report(self, target_id: TargetId, state: TargetState | None, backlog: Backlog | None) -> TargetReport:
        hold, reason = self._dispatcher.held(target_id) or (None, None)
        return TargetReport(
            target_id,
            "active" if hold is None else hold,
            reason,
            None if state is None or hold is None or hold is Hold.BROKEN else state.changed_at,
            0 if backlog is None else backlog.pending,
            None if backlog is None else backlog.oldest_at,
            self._dispatcher.target(target_id),
        )

    async def _let_go(self, target_id: TargetId, *wanted: Hold) -> None:
        hold, reason = self._dispatcher.held(target_id) or (None, None)
        if hold is Hold.NO_TARGET:
            raise self._dispatcher.unknown(target_id)
        if hold is not None and hold not in wanted:
            raise ConflictError(f"{target_id.target} is {hold.value} ({reason}); {_CURES[hold]}")
        target = self._dispatcher.target(target_id)
        if target is not None and not target.active:
            raise ConflictError(f"{target_id.target} has `active: false` in the configuration; change that")
        await self._dispatcher.let_go(target_id)


def _test_event(now: float) -> Event:
    event = Event(str(uuid_utils.uuid7()), "gateway.test", "gateway", b"", now)
    return event.with_args([{"message": "A test by a person. Nothing has changed in Cockpit."}])
