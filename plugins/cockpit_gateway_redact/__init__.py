"""The built-in redact plugin: secrets out of events before they are stored."""

from cockpit_gateway_redact.plugin import RedactPlugin

__all__ = ["RedactPlugin"]
