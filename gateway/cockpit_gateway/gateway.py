"""The gateway: every part put together, started in order and stopped in the reverse one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from cockpit_gateway import __version__
from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock, SystemClock
from cockpit_gateway.config import Config, HandlerSettings, Settings, Tracing, handlers_of
from cockpit_gateway.deliveries import Delivery, Hold, TargetId
from cockpit_gateway.delivery.calls import deliver_call, handler_call
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.observers import HOOK as OBSERVERS
from cockpit_gateway.delivery.observers import Observer, Observers
from cockpit_gateway.delivery.planning import PLAN_TARGET, Planner
from cockpit_gateway.egress.channel import Channels
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError
from cockpit_gateway.events import JSONValue
from cockpit_gateway.fitting import list_of
from cockpit_gateway.ingest import Ingest
from cockpit_gateway.loading import describe_failure
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.purges import Purges
from cockpit_gateway.registry import Implementation, Registry
from cockpit_gateway.replays import Replays
from cockpit_gateway.retention import Pruner
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.storage import PluginStorage
from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Retention, Settlement
from cockpit_gateway.targets import Target
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.spans import Spans, Untraced
from cockpit_gateway.telemetry.stall import StallWatch
from cockpit_gateway.threads import WorkerThreads, abandon
from cockpit_gateway.transports.network import unverified
from cockpit_gateway.web.api import Api
from cockpit_gateway.web.clients import Clients
from cockpit_gateway.web.console.application import Console
from cockpit_gateway.web.doors import Door
from cockpit_gateway.web.inflight import InFlight
from cockpit_gateway.web.listeners import Listeners
from cockpit_gateway.web.plugin_routes import plugin_routes
from cockpit_gateway.web.probes import Probes
from cockpit_gateway.web.receive import Receiver
from cockpit_gateway.web.sockets import Sockets

STARTING_HOOK_TIMEOUT = 60.0
"""Seconds that a plugin's gateway_started gets."""

STOPPING_HOOK_TIMEOUT = 5.0
"""Seconds that a plugin's gateway_stopping gets."""

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
        self.settings = config.settings
        self.registry = registry
        self.clock = clock or SystemClock()
        self.metrics = Metrics(__version__)
        self.store: Store = open_store(self.settings.store)
        self.spans = _spans(self.settings.tracing)
        self.sealer = Sealer.of(self.settings, self.clock)
        self.dispatcher = Dispatcher(
            self.store, self.clock, self.metrics, self._announce, self._observe, self.spans, config.discretion.out_of
        )
        self._catalogue = catalogue
        self._channels = Channels()
        self._sections = config.plugins
        self._hide = config.discretion.out_of
        self._contexts = self._make_contexts(config)
        self._handlers = {name: handlers_of(config.plugins.get(name)) for name in self._contexts}
        self._threads = {
            name: WorkerThreads(f"plugin-{name}", settings.threads) for name, settings in self._handlers.items()
        }
        self.observers = Observers(
            [
                Observer(found, self._contexts[found.plugin], self._threads[found.plugin], self.metrics)
                for found in registry.implementations(OBSERVERS)
            ]
        )
        self._planner = Planner(
            registry, self._contexts, catalogue, self.dispatcher, self.store, self.clock, self.metrics
        )
        self._register_targets()
        self._ingest = Ingest(
            sources=self.settings.sources,
            duplicate_window=self.settings.server.dedup_window,
            max_depth=self.settings.server.max_depth,
            catalogue=catalogue,
            registry=registry,
            contexts=self._contexts,
            planner=self._planner,
            dispatcher=self.dispatcher,
            store=self.store,
            clock=self.clock,
            metrics=self.metrics,
            spans=self.spans,
        )
        kept = self.settings.retention
        self._pruner = Pruner(self.store, Retention(kept.age, kept.rows, kept.size), self.clock, self.metrics)
        self._pruning: asyncio.Task[None] | None = None
        self._unready: str | None = "starting"
        self._watch: StallWatch | None = None
        self.administration = Administration(
            version=__version__,
            store=self.store,
            dispatcher=self.dispatcher,
            registry=registry,
            threads=self._threads,
            replays=Replays(
                store=self.store,
                dispatcher=self.dispatcher,
                planner=self._planner,
                threads=self._threads,
                clock=self.clock,
            ),
            purges=Purges(store=self.store, dispatcher=self.dispatcher, clock=self.clock),
            sealer=self.sealer,
            clock=self.clock,
            unready=self.unready,
            hide=config.discretion.out_of,
        )
        server = self.settings.server
        self.in_flight = InFlight(limit=server.max_in_flight, largest=server.max_body, timeout=server.read_timeout)
        self.listeners = Listeners(self.settings, admin_socket_path(self.settings), sockets or Sockets())
        self.console = Console(self.settings, self.administration, catalogue, self.clock)
        self.api = Api(self.administration, self.console.links, self.settings.api.base_path)

    def unready(self) -> str | None:
        """Return why events cannot be taken now, None when they can."""
        if self._unready is None and self._ingest.trouble is not None:
            return f"the store cannot take events: {self._ingest.trouble}"
        return self._unready or self.dispatcher.trouble

    async def start(self) -> None:
        """Open the store, start the plugins, resume what is pending, and listen.

        Raises:
            StoreError: the store cannot be opened.
            PluginError: a plugin refused to start.
            OSError: an address cannot be listened on.
        """
        opened = await self.store.open()
        self._ingest.gateway_id = opened.gateway_id
        self._warn_of_unverified()
        await self._call_started()
        self.metrics.prepare(self.settings.sources, self.dispatcher.targets)
        self._report_parked(opened.parked)
        if opened.cancelled:
            log.warning(
                "the store is a restored backup: what it had left to deliver is cancelled; replay what is wanted",
                deliveries=opened.cancelled,
            )
        self.observers.start()
        await self.dispatcher.start(opened)
        await self.listeners.start(
            public=[*self._receiver().routes(), *self._plugin_routes()],
            probes=self._probes().routes(),
            admin=self.admin_routes(),
            console=self.console,
            metrics=self.metrics,
        )
        self._watch = StallWatch(self.metrics)
        self._pruning = asyncio.create_task(self._pruner.run())
        self._unready = None

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
        await self.dispatcher.stop(self.settings.server.grace)
        await self.observers.stop()
        self.api.end()
        await self.listeners.stop(handing_over=handing_over)
        await self._call_stopping()
        await self._channels.close()
        await self.spans.close()
        await self.store.close()
        if self._watch is not None:
            self._watch.stop()

    @asynccontextmanager
    async def administered(self) -> AsyncGenerator[Administration]:
        """Open the store for its administration alone: nothing is received, no plugin starts, nothing is delivered.

        Raises:
            StoreError: the store cannot be opened.
        """
        await self.store.open()
        try:
            await self.dispatcher.recall()
            yield self.administration
        finally:
            await self.store.close()

    def _make_contexts(self, config: Config) -> dict[str, PluginContext]:
        return {
            name: PluginContext(
                name=name,
                config=config.plugins.get(name) if self.registry.plugins[name].config_model else None,
                log=structlog.get_logger(name).bind(plugin=name),
                clock=self.clock,
                catalogue=self._catalogue,
                channels=self._channels,
                storage=PluginStorage(name, self.store),
                _emit=self._emit,
            )
            for name in self.registry.config_models()
        }

    def _register_targets(self) -> None:
        for handler in self.registry.handlers():
            self._register_handler(handler)
        for planner in self.registry.implementations("plan_deliveries"):
            call = self._planner.late_call(planner, self._threads[planner.plugin])
            self.dispatcher.register(planner.plugin, HandlerSettings().target(PLAN_TARGET), call)
        for declaring in self.registry.implementations("register_targets"):
            self._register_declared(declaring)

    def _register_handler(self, handler: Implementation) -> None:
        threads = self._threads[handler.plugin]
        call = handler_call(handler, self._contexts[handler.plugin], threads, self._catalogue)
        slots = None if handler.is_async else threads.slots
        target = self._handlers[handler.plugin].target(handler.hook)
        self.dispatcher.register(handler.plugin, target, call, slots)

    def _register_declared(self, declaring: Implementation) -> None:
        plugin = declaring.plugin
        context = self._contexts[plugin]
        deliver = self.registry.implementation(plugin, "deliver")
        try:
            targets = list_of(Target, declaring.call({"context": context}) or (), "it")
        except RAISED_BY_PLUGINS as error:
            raise PluginError(f"register_targets of plugin {plugin} failed: {self._describe(error)}") from error
        if targets and deliver is None:
            raise PluginError(f"plugin {plugin} registers targets but implements no `deliver`")
        for target in targets:
            if self.dispatcher.target(TargetId(plugin, target.name)) is not None:
                raise PluginError(f"plugin {plugin} registers the target {target.name!r} twice")
            assert deliver is not None  # noqa: S101 - refused above
            slots = None if deliver.is_async else self._threads[plugin].slots
            self.dispatcher.register(plugin, target, deliver_call(deliver, context, self._threads[plugin]), slots)

    def _receiver(self) -> Receiver:
        clients = Clients(self.settings.server.trusted_proxies)
        doors = {name: Door(name, source, clients) for name, source in self.settings.sources.items()}
        return Receiver(self._ingest, doors, self.in_flight, self.spans)

    def _plugin_routes(self) -> Iterator[web.RouteDef]:
        """Yield what plugins answer, each below a path of its own."""
        for found in self.registry.implementations("register_routes"):
            try:
                given: Sequence[object] = list(found.call({"context": self._contexts[found.plugin]}) or ())
                routes = plugin_routes(found.plugin, given)
            except RAISED_BY_PLUGINS as error:
                raise PluginError(
                    f"register_routes of plugin {found.plugin} failed: {self._describe(error)}"
                ) from error
            yield from routes

    def admin_routes(self) -> list[web.RouteDef]:
        """Return what is answered at the Unix socket, and at `api.listen`."""
        return [*self.api.routes(), *self._probes().routes()]

    def _probes(self) -> Probes:
        return Probes(self.metrics, self.unready, self._refresh_gauges)

    def _observe(self, settled: Settlement) -> None:
        self.observers.tell(settled)

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

    async def _refresh_gauges(self) -> None:
        now = self.clock.time()
        self.metrics.in_flight(self.in_flight.size)
        self.metrics.held({name: hold and hold[0] for name, hold in self._holds()})
        backlog = await self.store.backlog()
        idle = dict.fromkeys(self.dispatcher.targets, (0, 0.0))
        self.metrics.backlog(idle | {name: (found.pending, now - found.next_due) for name, found in backlog.items()})

    def _holds(self) -> Iterator[tuple[TargetId, tuple[Hold, str | None] | None]]:
        return ((target_id, self.dispatcher.held(target_id)) for target_id in self.dispatcher.targets)

    def _describe(self, error: BaseException) -> str:
        """Return what a plugin's error says, and where, without the secrets of the configuration."""
        return self._hide(describe_failure(error))

    def _warn_of_unverified(self) -> None:
        for name, section in self._sections.items():
            for setting in unverified(section, f"plugins.{name}"):
                log.warning(
                    "TLS certificates are not verified: whoever is in between reads and changes what is sent",
                    setting=setting,
                )

    async def _call_started(self) -> None:
        for implementation in self.registry.implementations("gateway_started"):
            call = asyncio.create_task(self._call_lifecycle(implementation))
            await asyncio.wait([call], timeout=STARTING_HOOK_TIMEOUT)
            if not call.done():
                await abandon([call])
                raise PluginError(
                    f"gateway_started of plugin {implementation.plugin} does not end, for {STARTING_HOOK_TIMEOUT:g} "
                    "seconds by now; what may take longer belongs into a task or a thread of its own"
                )
            if (error := call.exception()) is not None:
                raise PluginError(f"plugin {implementation.plugin} failed to start: {self._describe(error)}") from error

    async def _call_stopping(self) -> None:
        for implementation in self.registry.implementations("gateway_stopping"):
            call = asyncio.create_task(self._call_lifecycle(implementation))
            await asyncio.wait([call], timeout=STOPPING_HOOK_TIMEOUT)
            if not call.done():
                log.error("gateway_stopping does not end, it is left behind", plugin=implementation.plugin)
                await abandon([call])
            elif (error := call.exception()) is not None:
                log.error("gateway_stopping failed", plugin=implementation.plugin, exc_info=error)

    async def _call_lifecycle(self, implementation: Implementation) -> None:
        values: Mapping[str, object] = {"context": self._contexts[implementation.plugin]}
        if implementation.is_async:
            await implementation.call(values)
        else:
            await self._threads[implementation.plugin].run(lambda: implementation.call(values))


def _spans(tracing: Tracing | None) -> Spans:
    if tracing is None:
        return Untraced()
    from cockpit_gateway.telemetry.otel import OtelSpans  # noqa: PLC0415 - an extra, and slow to import

    headers = {name: value.get_secret_value() for name, value in tracing.headers.items()}
    return OtelSpans(tracing.endpoint, headers, service=tracing.service, version=__version__, sample=tracing.sample)


def admin_socket_path(settings: Settings) -> Path:
    """Return where the command line finds the daemon: as configured, or `gateway.sock` beside the store's file."""
    return settings.server.admin_socket or Path(settings.store.removeprefix("sqlite:")).with_name("gateway.sock")
