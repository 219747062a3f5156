"""Writes config/gateway.schema.json: the schema of the configuration with the plugins that come with the gateway."""

from __future__ import annotations

import json
from pathlib import Path

from cockpit_gateway.config import json_schema
from cockpit_gateway.loading import BUILT_IN
from cockpit_gateway.registry import Registry

PAGE = Path(__file__).parents[2] / "config" / "gateway.schema.json"


def page() -> str:
    """Return the file."""
    registry = Registry.load()
    models = registry.config_models()
    own = {name: models[name] for name, plugin in registry.plugins.items() if plugin.distribution == BUILT_IN}
    return json.dumps(json_schema(own), indent=2, ensure_ascii=False) + "\n"
