"""Cockpit Gateway: the one URL that Cockpit CMS posts to.

These are the names that a plugin uses; `cockpit_gateway.config` adds what its `Config` model needs.
"""

from cockpit_gateway.contract import HookDeprecationWarning, cockpit_event, hookimpl
from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Outcome, RequestPreview, Response
from cockpit_gateway.errors import Drop, Reject, Retry
from cockpit_gateway.events import Event, EventStatus, JSONArray, JSONObject, JSONValue
from cockpit_gateway.plugin import PluginContext
from cockpit_gateway.targets import BacklogLimit, Breaker, Coalesce, Explained, Planned, Rate, RetrySchedule, Target

__version__ = "0.1.0"

__all__ = [
    "Attempt",
    "BacklogLimit",
    "Breaker",
    "Coalesce",
    "Delivery",
    "DeliveryState",
    "Drop",
    "Event",
    "EventStatus",
    "Explained",
    "HookDeprecationWarning",
    "JSONArray",
    "JSONObject",
    "JSONValue",
    "Outcome",
    "Planned",
    "PluginContext",
    "Rate",
    "Reject",
    "RequestPreview",
    "Response",
    "Retry",
    "RetrySchedule",
    "Target",
    "cockpit_event",
    "hookimpl",
]
