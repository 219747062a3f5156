"""`cockpit-gateway plugins run`: commands that plugins add."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import structlog
import typer

from cockpit_gateway.clock import SystemClock
from cockpit_gateway.errors import EmitError, GatewayError, PluginError, StorageError
from cockpit_gateway.plugin import Emit, PluginContext
from cockpit_gateway.storage import Keeper, PluginStorage

if TYPE_CHECKING:
    from cockpit_gateway.registry import Registry

DAEMONS = "is the daemon's: ask it by a route of the plugin's own (register_routes)"


class _Elsewhere:
    """Stands in for what only the daemon has."""

    def __getattr__(self, _name: str) -> NoReturn:
        raise StorageError(f"the plugin's storage {DAEMONS}")


def run_command(name: str, arguments: Sequence[str], config: Path) -> None:
    """Run a command of a plugin.

    Args:
        name: The plugin.
        arguments: What is given to its commands.
        config: The YAML file.

    Raises:
        GatewayError: there is no such plugin, or it has no commands.
        ConfigError: the file has mistakes.
    """
    from cockpit_gateway.daemon import load
    from cockpit_gateway.egress.channel import Channels

    settings, registry, catalogue = load(config)
    found = registry.implementation(name, "register_commands")
    if found is None:
        raise GatewayError(_none(registry, name))
    section = settings.plugins.get(name) if registry.plugins[name].config_model else None
    log = structlog.get_logger(name).bind(plugin=name)
    storage = PluginStorage(name, cast("Keeper", _Elsewhere()))
    emit = cast("Emit", _emit_nothing)
    context = PluginContext(name, section, log, SystemClock(), catalogue, Channels(), storage, emit)
    commands = found.call({"context": context})
    if not isinstance(commands, typer.Typer):
        raise PluginError(f"register_commands of plugin {name} returns a typer.Typer, not {commands!r}")
    _refuse_async(name, commands)
    # A group even if there is one command only: a second one must not change how the first is called.
    group = typer.main.get_group(commands)
    group(args=list(arguments), prog_name=f"cockpit-gateway plugins run {name}")


def _refuse_async(plugin: str, commands: typer.Typer) -> None:
    """Refuse commands that typer would call and never await: they would do nothing, and end well."""
    for command in commands.registered_commands:
        if inspect.iscoroutinefunction(command.callback):
            raise PluginError(
                f"the command {command.callback.__name__!r} of plugin {plugin} is `async def`, which is never awaited; "
                "write `def`, with asyncio.run(…) in it"
            )


async def _emit_nothing(*_given: object) -> NoReturn:
    raise EmitError(f"making events {DAEMONS}")


def _none(registry: Registry, name: str) -> str:
    having = sorted(found.plugin for found in registry.implementations("register_commands"))
    what = f"the plugin {name!r} has no commands" if name in registry.plugins else f"there is no plugin {name!r}"
    return f"{what}; plugins with commands: {', '.join(having) or 'none'}"
