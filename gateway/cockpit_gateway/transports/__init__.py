"""What plugins that deliver are made of: the settings of their targets, the planning, and how requests leave.

The webhook plugin is made of these, and so can yours be; docs/how-to/write-a-transport.md shows how.
"""

from cockpit_gateway.transports.answers import ANSWER_PATIENCE, in_words, read_answer, retry_after
from cockpit_gateway.transports.bodies import Body, cockpit_body, iso, standard_batch, standard_body, template_body
from cockpit_gateway.transports.failures import explain
from cockpit_gateway.transports.fields import (
    AllowPrivate,
    SecretUrl,
    TargetName,
    TemplateSetting,
    Url,
    refuse_forbidden,
    refuse_unknown,
)
from cockpit_gateway.transports.network import NetworkSettings, Tls
from cockpit_gateway.transports.planning import Planning
from cockpit_gateway.transports.rendering import render
from cockpit_gateway.transports.settings import TargetSettings

__all__ = [
    "ANSWER_PATIENCE",
    "AllowPrivate",
    "Body",
    "NetworkSettings",
    "Planning",
    "SecretUrl",
    "TargetName",
    "TargetSettings",
    "TemplateSetting",
    "Tls",
    "Url",
    "cockpit_body",
    "explain",
    "in_words",
    "iso",
    "read_answer",
    "refuse_forbidden",
    "refuse_unknown",
    "render",
    "retry_after",
    "standard_batch",
    "standard_body",
    "template_body",
]
