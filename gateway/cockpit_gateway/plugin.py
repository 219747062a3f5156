"""What the gateway hands to a plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from cockpit_gateway.clock import Clock

if TYPE_CHECKING:
    from cockpit_gateway.catalogue import Catalogue
    from cockpit_gateway.egress.channel import Channels


@dataclass(frozen=True, slots=True)
class PluginContext:
    """Everything a plugin gets from the gateway; every hook can take it as `context`.

    Attributes:
        name: The plugin's name, as in the configuration and in `plugins list`.
        config: Its section of the configuration as an instance of its `Config` model; None if it declares none.
        log: A structlog logger with the plugin's name bound.
        clock: The gateway's clock; a test can turn it.
        catalogue: The events that the gateway knows: their generic names, arguments, and which are noise.
        channels: What requests go through; see `cockpit_gateway.transports.NetworkSettings`.
    """

    name: str
    config: Any
    log: structlog.stdlib.BoundLogger
    clock: Clock
    catalogue: Catalogue
    channels: Channels
