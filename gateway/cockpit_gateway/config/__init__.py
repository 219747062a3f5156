"""The configuration: YAML to typed settings; every mistake at once, each with its place.

A plugin's `Config` derives from `PluginConfig` and is made of these types and pydantic's own.
"""

from cockpit_gateway.config.api import Api, ApiClient, Scope
from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.file import Config, ConfigFile
from cockpit_gateway.config.handlers import HandlerSettings, handlers_of, with_handlers
from cockpit_gateway.config.listen import Listen
from cockpit_gateway.config.models import Log, Secret, Server, Settings, Source
from cockpit_gateway.config.names import AcceptedEvent, ConfiguredSource, EventPattern, catalogue_of
from cockpit_gateway.config.problems import Problem
from cockpit_gateway.config.quantities import Duration, RateSetting, Size
from cockpit_gateway.config.retry import RetrySetting
from cockpit_gateway.config.rules import BacklogSetting, BreakerSetting, CoalesceSetting
from cockpit_gateway.config.schema import json_schema
from cockpit_gateway.config.showing import ShownSetting, nested, with_entries
from cockpit_gateway.config.storable import Storable, StorableField, storable_field
from cockpit_gateway.config.tracing import Tracing

__all__ = [
    "AcceptedEvent",
    "Api",
    "ApiClient",
    "BacklogSetting",
    "BreakerSetting",
    "CoalesceSetting",
    "Config",
    "ConfigFile",
    "ConfiguredSource",
    "Duration",
    "EventPattern",
    "HandlerSettings",
    "Listen",
    "Log",
    "PluginConfig",
    "Problem",
    "RateSetting",
    "RetrySetting",
    "Scope",
    "Secret",
    "Server",
    "Settings",
    "ShownSetting",
    "Size",
    "Source",
    "Storable",
    "StorableField",
    "Tracing",
    "catalogue_of",
    "handlers_of",
    "json_schema",
    "nested",
    "storable_field",
    "with_entries",
    "with_handlers",
]
