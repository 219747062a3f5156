"""The gateway: every part put together, started in order and stopped in the reverse one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path

import structlog
from aiohttp import web

from cockpit_gateway import __version__, lifecycle
from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock, SystemClock
from cockpit_gateway.config import Config, ConfigFile, Settings
from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.observers import Observer, Observers
from cockpit_gateway.delivery.planning import PlannedAgain, Planner
from cockpit_gateway.endpoints import Endpoints
from cockpit_gateway.entries import Entries
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError, StoreError
from cockpit_gateway.events import Event, JSONValue
from cockpit_gateway.explanations import Explanations
from cockpit_gateway.gauges import Gauges
from cockpit_gateway.generation import Generation, Generations
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.ingest import Ingest
from cockpit_gateway.live import Live
from cockpit_gateway.loading import describe_failure
from cockpit_gateway.neighbours import Neighbours
from cockpit_gateway.purges import Purges
from cockpit_gateway.recorder import Recorder
from cockpit_gateway.registry import Registry
from cockpit_gateway.reloading import Reload, Reloads
from cockpit_gateway.replays import Replays
from cockpit_gateway.retention import Pruner
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres.settings import PostgresSettings
from cockpit_gateway.store.records import Opened, Settlement, TargetState
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.stall import StallWatch
from cockpit_gateway.telemetry.tracers import spans_of
from cockpit_gateway.transports.network import unverified
from cockpit_gateway.web.api import Api
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.console.application import Console
from cockpit_gateway.web.inflight import InFlight
from cockpit_gateway.web.listeners import Listeners
from cockpit_gateway.web.plugin_routes import plugin_routes
from cockpit_gateway.web.probes import Probes
from cockpit_gateway.web.receive import Receiver
from cockpit_gateway.web.sockets import Sockets

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Gateway:
    """One gateway in this process.

    Args:
        config: The validated configuration.
        registry: The plugins.
        catalogue: The known events.
        clock: What due times are read off.
        sockets: What is listened on, if some of it is inherited.

    Example:
        >>> gateway = Gateway(config, registry, catalogue)  # doctest: +SKIP
        >>> await gateway.start()  # doctest: +SKIP
        >>> await gateway.stop()  # doctest: +SKIP
    """

    def __init__(
        self,
        config: Config,
        registry: Registry,
        catalogue: Catalogue,
        clock: Clock | None = None,
        sockets: Sockets | None = None,
    ) -> None:
        settings = config.settings
        self.clock = clock or SystemClock()
        self.metrics = Metrics(__version__)
        postgres = PostgresSettings(**settings.postgres.model_dump())
        self.store: Store = open_store(settings.store, self.metrics.transacted, postgres)
        self._recorder = Recorder(self.store, self.clock)
        self.spans = spans_of(settings.tracing)
        self.sealer = Sealer.of(settings, self.clock)
        self._discretion = config.discretion
        self.observers = Observers()
        self.dispatcher = Dispatcher(
            self.store,
            self.clock,
            self.metrics,
            self._announce,
            self._observe,
            self._recorder,
            self.spans,
            self._discretion.out_of,
        )
        self._plugins = Plugins(registry, {})
        self._planner = Planner(self._plugins, catalogue, self.dispatcher, self.store, self.clock, self.metrics)
        self._ingest = Ingest(
            sources=settings.sources,
            duplicate_window=settings.server.dedup_window,
            max_depth=settings.server.max_depth,
            catalogue=catalogue,
            plugins=self._plugins,
            planner=self._planner,
            dispatcher=self.dispatcher,
            store=self.store,
            clock=self.clock,
            metrics=self.metrics,
            recorder=self._recorder,
            spans=self.spans,
        )
        generations = Generations(
            store=self.store,
            clock=self.clock,
            catalogue=catalogue,
            planner=self._planner,
            emit=self._emit,
            describe=self._describe,
        )
        self._reloads = Reloads(
            generation=generations.make(config, registry),
            generations=generations,
            put_to_work=self._put_to_work,
            kept=Entries(self.store, self.sealer, self.clock),
            store=self.store,
            clock=self.clock,
            metrics=self.metrics,
            discretion=self._discretion,
            describe=self._describe,
        )
        self.dispatcher.problems = lambda: self._reloads.held
        self._neighbours = Neighbours(
            store=self.store,
            dispatcher=self.dispatcher,
            reloads=self._reloads,
            clock=self.clock,
            version=__version__,
            address=lambda: self.listeners.address,
        )
        homes = self.dispatcher.homes
        self._pruner = Pruner(self.store, settings.retention, self.clock, self.metrics, lambda: homes.keeps_up)
        self._pruning: asyncio.Task[None] | None = None
        self._unready: str | None = "starting"
        self._watch: StallWatch | None = None
        self.administration = Administration(
            version=__version__,
            store=self.store,
            dispatcher=self.dispatcher,
            plugins=self._plugins,
            replays=Replays(
                store=self.store,
                dispatcher=self.dispatcher,
                planner=self._planner,
                clock=self.clock,
                metrics=self.metrics,
            ),
            purges=Purges(store=self.store, dispatcher=self.dispatcher, clock=self.clock),
            explanations=Explanations(
                store=self.store,
                dispatcher=self.dispatcher,
                plugins=self._plugins,
                planner=self._planner,
                clock=self.clock,
                unready=self.unready,
                hide=self._discretion.out_of,
            ),
            sealer=self.sealer,
            endpoints=Endpoints(self._reloads, self._plugins, self.clock),
            reload=self._neighbours.reload,
            reload_state=lambda: self._reloads.state,
            configuration=self._reloads.settings,
            clock=self.clock,
            unready=self.unready,
            hide=self._discretion.out_of,
        )
        server = settings.server
        self.in_flight = InFlight(limit=server.max_in_flight, largest=server.max_body, timeout=server.read_timeout)
        self._receiver = Receiver(self._ingest, self.in_flight, Clients(server.trusted_proxies), self.spans)
        self._sources, self._clients = Live(settings.sources), Live(settings.api.clients)
        self.listeners = Listeners(settings, self._clients, admin_socket_path(settings), sockets or Sockets())
        self.console = Console(settings, self._clients, self._sources, self.administration, catalogue, self.clock)
        self.api = Api(self.administration, self._sources, self.console.links, settings.api.base_path)
        gauges = Gauges(
            metrics=self.metrics,
            store=self.store,
            dispatcher=self.dispatcher,
            in_flight=self.in_flight,
            plugins=self._plugins,
            clock=self.clock,
            unready=self.unready,
        )
        self._probes = Probes(self.metrics, self.unready, gauges.refresh)
        self.dispatcher.register(self._reloads.generation.targets)
        self._renew(self._reloads.generation)

    @property
    def settings(self) -> Settings:
        """The settings that are in force."""
        return self._reloads.generation.config.settings

    @property
    def registry(self) -> Registry:
        """The plugins."""
        return self._plugins.registry

    def hide(self, text: str) -> str:
        """Return a text without the secrets of every configuration that there has been."""
        return self._discretion.out_of(text)

    def unready(self) -> str | None:
        """Return why events cannot be taken now, None when they can."""
        if self._unready is None and self._ingest.trouble is not None:
            return f"the store cannot take events: {self._ingest.trouble}"
        return self._unready or self.dispatcher.trouble

    async def start(self, opened: Opened | None = None) -> None:
        """Open the store, start the plugins, resume what is pending, and listen.

        Args:
            opened: What the store was found to be, if it has been opened already.

        Raises:
            StoreError: the store cannot be opened.
            PluginError: a plugin refused to start.
            OSError: an address cannot be listened on.
        """
        opened = opened or await self.store.open()
        self._ingest.gateway_id = opened.gateway_id
        await self._reloads.begin()
        self._warn_of_unverified()
        await lifecycle.start(self._plugins, [*self._plugins.hosts.values()], self._describe)
        self._report_parked(opened.parked)
        if opened.cancelled:
            log.warning(
                "the store is a restored backup: what it had left to deliver is cancelled; replay what is wanted",
                deliveries=opened.cancelled,
            )
        self.observers.start()
        await self.dispatcher.start(opened)
        await self.listeners.start(
            public=[*self._receiver.routes(), *self._plugin_routes()],
            probes=self._probes.routes(),
            admin=self.admin_routes(),
            console=self.console,
            metrics=self.metrics,
        )
        await self._neighbours.start()
        self._watch = StallWatch(self.metrics)
        self._pruning = asyncio.create_task(self._pruner.run())
        self._unready = None
        self._reloads.running = True

    async def stop(self, *, handing_over: bool = False) -> None:
        """Finish or give back what runs, stop accepting, stop the plugins, close the store.

        Events are taken, and kept for the next start, until what runs has finished: Cockpit sends none twice.

        Args:
            handing_over: True if another process goes on at the same sockets.
        """
        if not handing_over:
            self._unready = "stopping"
        if self._pruning is not None:
            self._pruning.cancel()
            await asyncio.wait([self._pruning])
        await self._neighbours.stop()
        await self.dispatcher.stop(self.settings.server.grace)
        await self._reloads.stop()
        await self.observers.stop()
        self.api.end()
        await self.listeners.stop(handing_over=handing_over)
        await lifecycle.stop(self._plugins, [*self._plugins.hosts.values()])
        with suppress(StoreError):  # the counts of a few seconds
            await self._recorder.write()
        await self.spans.close()
        await self.store.close()
        if self._watch is not None:
            self._watch.stop()

    async def plan_again(self, events: Sequence[Event]) -> Sequence[PlannedAgain]:
        """Plan events as they would be today; nothing is written, and nothing has to be started."""
        return await self._planner.plan_again(events)

    @asynccontextmanager
    async def administered(self) -> AsyncGenerator[Administration]:
        """Open the store for its administration alone: nothing is received, no plugin starts, nothing is delivered.

        Raises:
            StoreError: the store cannot be opened.
        """
        await self.store.open()
        self._unready = "no gateway is running"
        try:
            await self._reloads.begin()
            await self.dispatcher.recall()
            yield self.administration
        finally:
            await self.store.close()

    async def reload(self, file: ConfigFile | None = None) -> Reload:
        """Put a configuration in force, as far as that goes without a restart; or leave everything as it is.

        Args:
            file: The configuration; None for the file that is in force, as it is now.

        Raises:
            ConfigError: it has mistakes.
            PluginError: a plugin failed to start with it.
            ConflictError: the gateway is stopping.
        """
        return await self._reloads.reload(file)

    def accompany_reloads(self, accompaniment: Callable[[], AbstractContextManager[None]]) -> None:
        """Have something go with each reload, whoever asks for it: a signal, the API, another node."""
        self._reloads.accompaniment = accompaniment

    def _put_to_work(self, generation: Generation, states: Sequence[TargetState]) -> Sequence[Observer]:
        """See `PutToWork`."""
        self.dispatcher.adopt(generation.targets, states)
        return self._renew(generation)

    def _renew(self, generation: Generation) -> Sequence[Observer]:
        """Have every part work by a generation; return the observers that are not told any more."""
        settings = generation.config.settings
        self._plugins.adopt(generation.plugins)
        self._planner.renew()
        self._ingest.renew(settings.sources)
        self._receiver.adopt(settings.sources)
        self._sources.adopt(settings.sources)
        self._clients.adopt(settings.api.clients)
        self._pruner.kept = settings.retention
        self.registry.trace.tallies = self.metrics.hooks.by_name
        self.metrics.prepare(settings.sources, generation.targets, self.registry.hooks())
        return self.observers.adopt(self._plugins, self.metrics)

    def _plugin_routes(self) -> Iterator[web.RouteDef]:
        """Yield what plugins answer, each below a path of its own."""
        for found in self.registry.implementations("register_routes"):
            try:
                given: Sequence[object] = list(self._plugins.host(found).call(found, {}) or ())
                routes = plugin_routes(found.plugin, given)
            except RAISED_BY_PLUGINS as error:
                raise PluginError(
                    f"register_routes of plugin {found.plugin} failed: {self._describe(error)}"
                ) from error
            yield from routes

    def admin_routes(self) -> list[web.RouteDef]:
        """Return what is answered at the Unix socket, and at `api.listen`."""
        return [*self.api.routes(), *self._probes.routes()]

    def _observe(self, settled: Settlement) -> None:
        self.observers.tell(settled)
        self._recorder.settled(settled)

    async def _emit(self, plugin: str, name: str, args: Sequence[JSONValue], key: str | None) -> str:
        return await self._ingest.emit(plugin, name, args, key)

    async def _announce(self, name: str, args: Sequence[JSONValue]) -> None:
        await self._ingest.announce(name, args)

    def _report_parked(self, parked: Sequence[Delivery]) -> None:
        for delivery in parked:
            log.error(
                "delivery is dead: the process died in its attempts",
                delivery_id=delivery.id,
                event_id=delivery.event_id,
                target=str(delivery.target_id),
            )
            self.metrics.died(delivery.target_id, "crashes")
            self._recorder.died(delivery.target_id, 1)

    def _describe(self, error: BaseException) -> str:
        """Return what a plugin's error says, and where, without the secrets of the configuration."""
        return self._discretion.out_of(describe_failure(error))

    def _warn_of_unverified(self) -> None:
        for name, section in self._reloads.generation.config.plugins.items():
            for setting in unverified(section, f"plugins.{name}"):
                log.warning(
                    "TLS certificates are not verified: whoever is in between reads and changes what is sent",
                    setting=setting,
                )


def admin_socket_path(settings: Settings) -> Path:
    """Return where the command line finds the daemon: as configured, or `gateway.sock` beside the store's file."""
    return settings.server.admin_socket or settings.store.beside("gateway.sock")
