"""The JSON Schema of a configuration file, installed plugins included: what an editor completes and checks by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from cockpit_gateway.config.models import PluginConfig, Settings


def json_schema(plugin_models: Mapping[str, type[PluginConfig] | None]) -> dict[str, Any]:
    """Return the schema.

    Args:
        plugin_models: The `Config` model of each plugin, None for one without settings.
    """
    models = {name: model for name, model in sorted(plugin_models.items()) if model is not None}
    references, definitions = models_json_schema(
        [(Settings, "validation"), *((model, "validation") for model in models.values())],
        ref_template="#/$defs/{model}",
    )
    schema: dict[str, Any] = definitions["$defs"].pop("Settings")
    sections = {name: references[model, "validation"] for name, model in models.items()}
    schema["properties"]["plugins"] = {
        "type": "object",
        "description": "A section per plugin.",
        "additionalProperties": False,
        "properties": {name: {"anyOf": [section, {"type": "null"}]} for name, section in sections.items()},
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Cockpit Gateway configuration"}
    return head | {name: value for name, value in schema.items() if name != "title"} | {"$defs": definitions["$defs"]}
