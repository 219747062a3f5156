"""What plugins that deliver are made of: the settings of their targets, the planning, and how requests leave.

The webhook plugin is made of these, and so can yours be; docs/how-to/write-a-transport.md shows how.
"""

from cockpit_gateway.transports.fields import AllowPrivate, TargetName, TemplateSetting, Url, refuse_unknown
from cockpit_gateway.transports.network import NetworkSettings
from cockpit_gateway.transports.planning import Planning
from cockpit_gateway.transports.settings import TargetSettings

__all__ = [
    "AllowPrivate",
    "NetworkSettings",
    "Planning",
    "TargetName",
    "TargetSettings",
    "TemplateSetting",
    "Url",
    "refuse_unknown",
]
