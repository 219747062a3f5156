"""The configuration: YAML to typed settings; every mistake at once, each with its place.

A plugin's `Config` derives from `PluginConfig` and uses the types below.
"""

from cockpit_gateway.config.file import Config, ConfigFile
from cockpit_gateway.config.models import Listen, Log, PluginConfig, Server, Settings, Source
from cockpit_gateway.config.schema import json_schema
from cockpit_gateway.config.types import (
    Duration,
    EventPattern,
    RateSetting,
    RetrySetting,
    Secret,
    Size,
    catalogue_of,
)

__all__ = [
    "Config",
    "ConfigFile",
    "Duration",
    "EventPattern",
    "Listen",
    "Log",
    "PluginConfig",
    "RateSetting",
    "RetrySetting",
    "Secret",
    "Server",
    "Settings",
    "Size",
    "Source",
    "catalogue_of",
    "json_schema",
]
