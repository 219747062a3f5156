"""The life of plugins: they are told when the gateway starts and stops, and are given a time for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog

from cockpit_gateway.errors import PluginError
from cockpit_gateway.hosting import Host, Plugins
from cockpit_gateway.threads import abandon

STARTING_HOOK_TIMEOUT = 60.0
"""Seconds that a plugin's gateway_started gets."""

STOPPING_HOOK_TIMEOUT = 5.0
"""Seconds that a plugin's gateway_stopping gets."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def start(plugins: Plugins, hosts: Collection[Host], describe: Callable[[BaseException], str]) -> None:
    """Call `gateway_started` of some plugins, one after the other.

    Args:
        plugins: The plugins.
        hosts: The hosts of those that start.
        describe: Says what a plugin raised, without secrets.

    Raises:
        PluginError: one of them failed, or did not end in time.
    """
    for implementation in plugins.registry.implementations("gateway_started"):
        host = plugins.host(implementation)
        if host not in hosts:
            continue
        call = asyncio.create_task(host.run(implementation, {}))
        await asyncio.wait([call], timeout=STARTING_HOOK_TIMEOUT)
        if not call.done():
            await abandon([call])
            raise PluginError(
                f"gateway_started of plugin {implementation.plugin} does not end, for {STARTING_HOOK_TIMEOUT:g} "
                "seconds by now; what may take longer belongs into a task or a thread of its own"
            )
        if (error := call.exception()) is not None:
            raise PluginError(f"plugin {implementation.plugin} failed to start: {describe(error)}") from error


async def stop(plugins: Plugins, hosts: Collection[Host]) -> None:
    """Call `gateway_stopping` of some plugins, one after the other, and close what their requests went through."""
    for implementation in plugins.registry.implementations("gateway_stopping"):
        host = plugins.host(implementation)
        if host not in hosts:
            continue
        call = asyncio.create_task(host.run(implementation, {}))
        await asyncio.wait([call], timeout=STOPPING_HOOK_TIMEOUT)
        if not call.done():
            log.error("gateway_stopping does not end, it is left behind", plugin=implementation.plugin)
            await abandon([call])
        elif (error := call.exception()) is not None:
            log.error("gateway_stopping failed", plugin=implementation.plugin, exc_info=error)
    for host in hosts:
        await host.close()
