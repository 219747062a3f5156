"""Administration: what a person can ask of a gateway, whoever carries the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import Delivery, DeliveryState, TargetId
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.threads import PluginThreads
from cockpit_gateway.registry import LoadedPlugin, PluginStatus, Registry
from cockpit_gateway.replays import Replays
from cockpit_gateway.store.port import Store


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A target as a person sees it.

    Attributes:
        target_id: Its name.
        state: "active", "disabled", or "no target" if the configuration does not name it any more.
        reason: Why it is disabled.
        changed_at: Since when, seconds since the Unix epoch.
        pending: Deliveries that wait.
    """

    target_id: TargetId
    state: str
    reason: str | None
    changed_at: float | None
    pending: int


class Administration:
    """Lists and changes what a gateway keeps.

    Args:
        version: The gateway's version.
        store: What is kept.
        dispatcher: Knows the targets, and gets what falls due again.
        registry: The plugins.
        threads: Each plugin's threads.
        replays: Replays and cancels deliveries.
        clock: The time.
        unready: Returns why the gateway is not ready, None when it is.
    """

    def __init__(
        self,
        *,
        version: str,
        store: Store,
        dispatcher: Dispatcher,
        registry: Registry,
        threads: dict[str, PluginThreads],
        replays: Replays,
        clock: Clock,
        unready: Callable[[], str | None],
    ) -> None:
        self.version = version
        self.store = store
        self.registry = registry
        self.replays = replays
        self.unready = unready
        self._dispatcher = dispatcher
        self._threads = threads
        self._clock = clock

    def held(self, delivery: Delivery) -> str | None:
        """Return why a pending delivery is passed by: "disabled" or "no target"; None if it is not."""
        return self._dispatcher.held(delivery.target_id) if delivery.state is DeliveryState.PENDING else None

    def plugin_status(self, plugin: LoadedPlugin) -> str:
        """Return "loaded", "broken", or "stuck" when all its threads hang."""
        threads = self._threads.get(plugin.name)
        return "stuck" if threads is not None and threads.stuck else PluginStatus(plugin.status).value

    async def enable(self, target_id: TargetId) -> None:
        """Let a disabled target's deliveries run again.

        Raises:
            NotFoundError: there is no such target.
        """
        await self.store.set_disabled(target_id, disabled=False, reason=None, now=self._clock.time())
        self._dispatcher.enable(target_id)

    async def targets(self) -> Sequence[TargetReport]:
        """Return every target that is configured or has a backlog."""
        backlog = await self.store.backlog()
        states = {state.target_id: state for state in await self.store.target_states()}
        names = sorted({*self._dispatcher.targets, *backlog})
        return [
            TargetReport(
                name,
                self._dispatcher.held(name) or "active",
                states[name].reason if name in states else None,
                states[name].changed_at if name in states else None,
                backlog[name].pending if name in backlog else 0,
            )
            for name in names
        ]
