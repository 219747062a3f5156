"""The built-in webhook plugin, and the living template for plugins that deliver somewhere else."""

from cockpit_gateway_webhook.plugin import WebhookPlugin
from cockpit_gateway_webhook.settings import Config, Endpoint

__all__ = ["Config", "Endpoint", "WebhookPlugin"]
