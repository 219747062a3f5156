"""What of a plugin's settings may also be made while the gateway runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.problems import Data, Path

WithSecret: TypeAlias = Callable[[Mapping[str, Data], str, datetime, timedelta], dict[str, Data]]
"""Returns an entry with another secret. What it had before stays valid from now on for a while."""


@dataclass(frozen=True, slots=True)
class Storable:
    """Marks a field of a plugin's `Config`: a mapping whose entries may be made while the gateway runs.

    Those are kept in the gateway's store, and take part as if they stood in the file.

    Attributes:
        new_secret: Makes a secret for an entry.
        with_secret: Puts one into an entry.
    """

    new_secret: Callable[[], str]
    with_secret: WithSecret


class StorableField(NamedTuple):
    """Where such entries stand.

    Attributes:
        plugin: The plugin's name.
        path: The place of the mapping in the configuration.
        marker: What the plugin says of it.
    """

    plugin: str
    path: Path
    marker: Storable


def storable_field(models: Mapping[str, type[PluginConfig] | None]) -> StorableField | None:
    """Return the first field that is marked, None if none is.

    Args:
        models: The `Config` model of each plugin.
    """
    for plugin, model in models.items():
        for name, field in ({} if model is None else model.model_fields).items():
            for marker in field.metadata:
                if isinstance(marker, Storable):
                    return StorableField(plugin, ("plugins", plugin, name), marker)
    return None
