"""The daemon: one gateway as a process, with signals, logs and an exit code."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import structlog
import uvloop

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Config, ConfigFile
from cockpit_gateway.errors import PluginError
from cockpit_gateway.gateway import Gateway
from cockpit_gateway.registry import Registry
from cockpit_gateway.telemetry.logs import set_up_logging

GIL_SLICE = 0.0005
"""Seconds after which a busy thread lets another one run: the store's writer waits for the event loop at every
statement, and Python's default of 5 ms would dominate the time to a commit."""

YOUNG_OBJECTS = 10_000
"""New objects before the garbage collector looks at them: an event makes some hundred, nearly all without cycles."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def load(path: Path) -> tuple[Config, Registry, Catalogue]:
    """Read and validate a configuration file with the installed plugins.

    Args:
        path: The YAML file.

    Raises:
        ConfigError: with every mistake in it.
        PluginError: a plugin that the file configures, or one of the gateway's own, is broken.
    """
    return validate(ConfigFile.read(path))


def validate(file: ConfigFile) -> tuple[Config, Registry, Catalogue]:
    """Validate a configuration with the installed plugins; see `load`."""
    catalogue = Catalogue(file.custom_events)
    registry = Registry.load()
    _refuse_needed_but_broken(registry, set(file.plugin_sections))
    models = registry.config_models()
    return file.validate(models, catalogue), registry, catalogue


def serve(path: Path, on_ready: Callable[[Gateway], None]) -> None:
    """Run a gateway until SIGTERM or SIGINT; a second signal exits at once.

    Args:
        path: The YAML file.
        on_ready: Called once events are taken.

    Raises:
        GatewayError: it cannot start.
        OSError: an address cannot be listened on.
    """
    config, registry, catalogue = load(path)
    set_up_logging(config.settings.log.level, config.settings.log.format, config.discretion.out_of)
    for broken in registry.broken:
        log.error("plugin is broken, the gateway runs without it", plugin=broken.name, problem=broken.problem)
    sys.setswitchinterval(GIL_SLICE)
    uvloop.run(_run(config, registry, catalogue, on_ready))


async def _run(config: Config, registry: Registry, catalogue: Catalogue, on_ready: Callable[[Gateway], None]) -> None:
    stop = asyncio.Event()
    _on_signals(stop)
    gateway = Gateway(config, registry, catalogue)
    try:
        await gateway.start()
        _settle_memory()
        log.info("ready", address=gateway.listeners.address)
        on_ready(gateway)
        await stop.wait()
        log.info("stopping", grace=config.settings.server.grace, attempts=gateway.dispatcher.running)
    finally:
        await gateway.stop()
    log.info("stopped")


def _settle_memory() -> None:
    """Take what start-up made out of the garbage collector's sight; it lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _on_signals(stop: asyncio.Event) -> None:
    def received() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, received)


def _refuse_needed_but_broken(registry: Registry, configured: set[str]) -> None:
    for plugin in registry.broken:
        if plugin.name in configured or plugin.distribution == "cockpit-gateway":
            raise PluginError(f"plugin {plugin.name} is broken: {plugin.problem}")
