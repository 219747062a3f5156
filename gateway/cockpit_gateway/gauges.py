"""Gauges: what is looked up when somebody scrapes, and not counted as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from cockpit_gateway.clock import Clock
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.errors import StoreError
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.store.port import Store
from cockpit_gateway.telemetry.metrics import Metrics, Waiting
from cockpit_gateway.web.inflight import InFlight


class Gauges:
    """Brings the gauges up to date.

    Args:
        metrics: They.
        store: What is measured.
        dispatcher: Knows the targets, and what waits for them.
        in_flight: The bodies that are being read.
        plugins: The plugins at work.
        clock: The time.
        unready: Returns why the gateway is not ready, None when it is.
    """

    def __init__(
        self,
        *,
        metrics: Metrics,
        store: Store,
        dispatcher: Dispatcher,
        in_flight: InFlight,
        plugins: Plugins,
        clock: Clock,
        unready: Callable[[], str | None],
    ) -> None:
        self._metrics = metrics
        self._store = store
        self._dispatcher = dispatcher
        self._in_flight = in_flight
        self._plugins = plugins
        self._clock = clock
        self._unready = unready

    async def refresh(self) -> None:
        """Look everything up; what the store cannot tell now stays as it was."""
        self._metrics.ready(self._unready() is None)
        self._metrics.in_flight(self._in_flight.size)
        threads = {name: host.threads for name, host in self._plugins.hosts.items()}
        self._metrics.threads({name: (found.overdue, found.stuck) for name, found in threads.items()})
        holds = {target_id: self._dispatcher.held(target_id) for target_id in self._dispatcher.targets}
        running = self._dispatcher.attempts

        def set_those_of_targets() -> None:
            self._metrics.held({target_id: hold and hold[0] for target_id, hold in holds.items()})
            self._metrics.running(running)

        await asyncio.to_thread(set_those_of_targets)  # there may be thousands
        with suppress(StoreError, OSError):
            await self._ask_the_store()

    async def _ask_the_store(self) -> None:
        self._metrics.store_measured(**(await self._store.measure())._asdict())
        await asyncio.to_thread(self._metrics.backlog, await self._waiting())

    async def _waiting(self) -> Mapping[TargetId, Waiting]:
        now = self._clock.time()
        idle = dict.fromkeys(self._dispatcher.targets, Waiting())
        return idle | {
            target_id: Waiting(found.pending, found.size, now - found.oldest_at, now - found.next_due)
            for target_id, found in (await self._dispatcher.backlog()).items()
        }
