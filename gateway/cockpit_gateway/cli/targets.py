"""How targets are called: an endpoint by its name, any other by its plugin and its name."""

from __future__ import annotations

import typer

ENDPOINTS = "webhook"
"""The plugin whose targets are the endpoints."""

PLANNING = "plan_deliveries"
"""The target that every planning plugin has beside its own: events whose planning failed wait there."""


def is_endpoint(plugin: str, target: str) -> bool:
    """Tell whether a target is an endpoint."""
    return plugin == ENDPOINTS and target != PLANNING


def target_name(plugin: str, target: str) -> str:
    """Return what a person calls a target.

    Example:
        >>> target_name("webhook", "rebuild-site"), target_name("search", "any_event")
        ('rebuild-site', 'search:any_event')
    """
    return target if is_endpoint(plugin, target) else f"{plugin}:{target}"


def split_name(name: str) -> tuple[str | None, str]:
    """Return the plugin and the target that a person means; None for a name without its plugin.

    Raises:
        typer.BadParameter: it names no target, as what a script takes from a variable that is not set.

    Example:
        >>> split_name("search:any_event"), split_name("rebuild-site")
        (('search', 'any_event'), (None, 'rebuild-site'))
    """
    plugin, _, target = name.rpartition(":")
    if not target:
        raise typer.BadParameter(f"an endpoint has a name, and {name!r} is none: write NAME, or PLUGIN:TARGET")
    return plugin or None, target


def split_choice(name: str | None) -> tuple[str | None, str | None]:
    """Return what an option that may be left out chooses: the same, or twice None.

    Raises:
        typer.BadParameter: see `split_name`.

    Example:
        >>> split_choice("search:any_event"), split_choice(None)
        (('search', 'any_event'), (None, None))
    """
    return (None, None) if name is None else split_name(name)
