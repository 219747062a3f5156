"""What a shell completes: names that the running gateway knows. Nothing is completed, and nothing said, without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import usual_config
from cockpit_gateway.cli.targets import PLANNING, target_name
from cockpit_gateway.errors import GatewayError


def endpoint_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the endpoints, and the other plugins' targets, that begin as what was typed."""
    return _beginning(incomplete, (_name(found) for found in _asked(context, "targets")))


def plugin_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the plugins that begin as what was typed."""
    return _beginning(incomplete, (found["name"] for found in _asked(context, "plugins")))


def event_names(_context: typer.Context, incomplete: str) -> list[str]:
    """Return the events of Cockpit that begin as what was typed."""
    from cockpit_gateway.catalogue import Catalogue

    return _beginning(incomplete, (entry.generic_name for entry in Catalogue().entries.values() if entry.event.fires))


def _beginning(incomplete: str, names: Iterator[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _asked(context: typer.Context, resource: str) -> Iterator[Document]:
    """Yield what the daemon lists; a completion is no place for an error."""
    config: Path | None = context.params.get("config") or usual_config()
    if config is None:
        return
    try:
        with connect(config, daemon_only=True) as client:
            yield from client.every(resource)[resource]
    except (GatewayError, OSError):
        return


def _name(target: Document) -> str:
    name = target_name(target["plugin"], target["target"])
    return "" if target["target"] == PLANNING else name
