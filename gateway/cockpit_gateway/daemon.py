"""The daemon: one gateway as a process, with signals, logs and an exit code."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import structlog
import uvloop

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Config, ConfigFile, Settings
from cockpit_gateway.errors import ConflictError, GatewayError, PluginError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.handover import Predecessor, Successor
from cockpit_gateway.loading import BUILT_IN, PluginSources, disabled_by
from cockpit_gateway.registry import PluginStatus, Registry
from cockpit_gateway.store.records import Opened
from cockpit_gateway.systemd import activated_sockets, keep_the_watchdog_quiet, notify, notify_reloading
from cockpit_gateway.telemetry.logs import set_up_logging
from cockpit_gateway.tracing import log_call
from cockpit_gateway.web.sockets import Sockets

GIL_SLICE = 0.0005
"""Seconds after which a busy thread lets another one run: the store's writer waits for the event loop at every
statement, and Python's default of 5 ms would dominate the time to a commit."""

YOUNG_OBJECTS = 50_000
"""New objects before the garbage collector looks at them: an event makes some hundred, nearly all without cycles."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def load(path: Path, without: Iterable[str] = ()) -> tuple[Config, Registry, Catalogue]:
    """Read and validate a configuration file with its plugins.

    Args:
        path: The YAML file.
        without: Plugins that are not to be imported, beside those that the file and the environment disable.

    Raises:
        ConfigError: with every mistake in it.
        PluginError: a plugin is broken, and the file does not say to go on without it.
    """
    return validate(ConfigFile.read(path), without)


def validate(
    file: ConfigFile, without: Iterable[str] = (), extra: Mapping[str, object] | None = None
) -> tuple[Config, Registry, Catalogue]:
    """Validate a configuration with its plugins; see `load` and `load_plugins`."""
    registry = load_plugins(file, without, extra)
    catalogue = Catalogue(file.custom_events, registry.declared.values())
    absent = {plugin.name for plugin in registry.plugins.values() if plugin.status is not PluginStatus.LOADED}
    config = file.validate(registry.config_models(), catalogue, absent)
    _refuse_broken(registry, config.settings)
    return config, registry, catalogue


def load_plugins(file: ConfigFile, without: Iterable[str] = (), extra: Mapping[str, object] | None = None) -> Registry:
    """Load the plugins that a configuration names, and those that are installed.

    Args:
        file: The configuration.
        without: Plugins that are not to be imported; see `load`.
        extra: Further plugins by name: modules, objects or classes.

    Raises:
        PluginError: a place to look at does not exist.
    """
    settings = file.loading or Settings()
    sources = PluginSources(
        settings.plugins_dir, settings.plugin_modules, frozenset(settings.disabled_plugins) | disabled_by()
    )
    return Registry.load(sources.without(without), extra)


def serve(path: Path, on_ready: Callable[[Gateway], None], without: Iterable[str] = ()) -> None:
    """Run a gateway until SIGTERM or SIGINT; a second signal exits at once.

    SIGHUP reloads the configuration, SIGUSR2 hands over to a new process.

    Args:
        path: The YAML file.
        on_ready: Called once events are taken.
        without: Plugins that are not to be imported.

    Raises:
        GatewayError: it cannot start.
        OSError: an address cannot be listened on.
    """
    predecessor = Predecessor.of_this_process()
    try:
        config, registry, catalogue = load(path, without)
        set_up_logging(config.settings.log.level, config.settings.log.format, config.discretion.out_of)
        for broken in registry.broken:
            log.error("plugin is broken, the gateway runs without it", plugin=broken.name, problem=broken.problem)
        for plugin in registry.plugins.values():
            for told in plugin.warnings:
                log.warning(
                    "a part of the plugin does not work, or will not with a later version",
                    plugin=plugin.name,
                    origin=plugin.distribution or plugin.place,
                    problem=told,
                )
        inherited = {} if predecessor is None else predecessor.sockets
        make = partial(Gateway, config, registry, catalogue, sockets=Sockets(inherited, activated_sockets()))
        sys.setswitchinterval(GIL_SLICE)
        uvloop.run(Daemon(make, predecessor).run(on_ready))
    except (GatewayError, OSError) as error:
        if predecessor is not None:
            predecessor.refuse(str(error))
        raise


class Daemon:
    """The life of the process: from its predecessor, if it has one, to its successor.

    Args:
        make: Puts the gateway together.
        predecessor: The process that hands over to this one.
    """

    def __init__(self, make: Callable[[], Gateway], predecessor: Predecessor | None) -> None:
        self._make = make
        self._predecessor = predecessor
        self._successor: Successor | None = None
        self._handing_over = asyncio.Lock()
        self._reloading = asyncio.Lock()
        self._is_to_reload = False
        self._stop = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching = ExitStack()

    async def run(self, on_ready: Callable[[Gateway], None]) -> None:
        """Run until somebody wants it to end."""
        self._on_signals()
        gateway = self._gateway = self._make()
        gateway.administration.hand_over = self._hand_over
        gateway.accompany_reloads(self._accompany_reload)
        self._set_up_logging()
        opened = await self._prepare()
        try:
            await gateway.start(opened)
            _settle_memory()
            log.info("ready", address=gateway.listeners.address)
            self._notify_ready()
            self._is_ready.set()
            self._start(keep_the_watchdog_quiet())
            on_ready(gateway)
            await self._stop.wait()
            log.info("stopping", grace=gateway.settings.server.grace, attempts=gateway.dispatcher.running)
        finally:
            notify("STOPPING=1" if self._successor is None else f"MAINPID={self._successor.pid}")
            await gateway.stop(handing_over=self._successor is not None)
            if self._successor is not None:
                self._successor.begin()
        log.info("stopped")

    async def _prepare(self) -> Opened | None:
        """Open a store that others may use, too, and bring it up to date; then wait until the predecessor has ended."""
        try:
            store = self._gateway.store
            opened = await store.open() if store.shared else None
            if self._predecessor is not None:
                await self._predecessor.take_over()
        except BaseException:
            await self._gateway.stop()
            raise
        return opened

    async def _hand_over(self) -> int:
        """Start a successor, and end once it is prepared; return its process id."""
        async with self._handing_over:
            if self._successor is not None or self._stop.is_set():
                raise ConflictError("the gateway is stopping already")
            log.info("handing over, a new process prepares")
            self._successor = await Successor.start(self._gateway.listeners.sockets.opened)
            log.info("handing over, the new process is prepared", pid=self._successor.pid)
            self._stop.set()
            return self._successor.pid

    @contextmanager
    def _accompany_reload(self) -> Generator[None]:
        """Go with a reload: tell systemd of it, and log as the new settings want it."""
        notify_reloading()
        try:
            yield
            self._set_up_logging()
        finally:
            self._notify_ready()

    async def _reload_by_signal(self) -> None:
        """Reload; the signals that come before it begins are one with the first of them."""
        if self._is_to_reload:
            return
        self._is_to_reload = True
        await self._is_ready.wait()
        async with self._reloading:
            self._is_to_reload = False
            with suppress(GatewayError):  # it has been logged
                await self._gateway.reload()

    async def _hand_over_by_signal(self) -> None:
        await self._is_ready.wait()
        try:
            await self._hand_over()
        except ConflictError as error:
            log.error("not handed over, this process goes on", problem=str(error))  # noqa: TRY400 - its text says all

    def _set_up_logging(self) -> None:
        """Log as the settings want it that are in force, and call by call what plugins do if that is `debug`."""
        wanted = self._gateway.settings.log
        set_up_logging(wanted.level, wanted.format, self._gateway.hide)
        self._watching.close()
        if wanted.level == "debug":
            self._watching.enter_context(self._gateway.registry.trace.watch(log_call))

    def _notify_ready(self) -> None:
        notify("READY=1", f"STATUS=listening on {self._gateway.listeners.address}")

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_signals(self) -> None:
        def received() -> None:
            if self._stop.is_set():
                os._exit(130)
            self._stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, received)
        loop.add_signal_handler(signal.SIGUSR2, lambda: self._start(self._hand_over_by_signal()))
        loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self._reload_by_signal()))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2, signal.SIGHUP})  # held back by `main`


def _settle_memory() -> None:
    """Take what start-up made out of the garbage collector's sight; it lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _refuse_broken(registry: Registry, settings: Settings) -> None:
    for plugin in registry.broken:
        if settings.broken_plugins == "fail" or plugin.distribution == BUILT_IN:
            name = plugin.name.partition(" ")[0]  # the second one of a name is called "name (2)"
            raise PluginError(
                f"plugin {plugin.name} is broken: {plugin.problem}\n"
                f"Mend it, disable it (`disabled_plugins: [{name}]` or `--no-plugin {name}`), "
                "or go on without broken ones (`broken_plugins: skip`)."
            )
