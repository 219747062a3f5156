"""The built-in plugin for audit files: a line of JSON per event, on the disk before it counts as delivered."""

from cockpit_gateway_jsonl.plugin import JsonlPlugin
from cockpit_gateway_jsonl.settings import AuditFile, Config, Rotate

__all__ = ["AuditFile", "Config", "JsonlPlugin", "Rotate"]
