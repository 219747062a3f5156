"""`cockpit-gateway schema`: what an editor completes and checks a configuration by."""

from __future__ import annotations

from cockpit_gateway.cli.output import print_json


def schema() -> None:
    """Print the JSON Schema of the configuration, the installed plugins' sections included."""
    from cockpit_gateway.config import json_schema
    from cockpit_gateway.registry import Registry

    print_json(json_schema(Registry.load().config_models()))
