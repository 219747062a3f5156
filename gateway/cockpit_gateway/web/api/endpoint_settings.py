"""What an endpoint's settings are, as the plugin says that it belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cockpit_gateway.config import PluginConfig, json_schema
from cockpit_gateway.config.storable import storable_field

NAME = "EndpointSettings"

_TAKEN_BY = ("EndpointRequest", "EndpointReplacement")
_PLACE = "#/components/schemas/"


def with_endpoint_settings(document: dict[str, Any], models: Mapping[str, type[PluginConfig] | None]) -> dict[str, Any]:
    """Return the description of the API, in which an endpoint's settings are those of the plugin.

    Args:
        document: The description.
        models: The model of each plugin's section.
    """
    field = storable_field(models)
    if field is None:
        return document
    whole = json.loads(json.dumps(json_schema(models)).replace("#/$defs/", f"{_PLACE}{NAME}."))
    definitions = {f"{NAME}.{name}": schema for name, schema in whole["$defs"].items()}
    found: dict[str, Any] = whole
    for key in field.path:
        found = _resolved(found["properties"][key], definitions)
    settings = _resolved(found["additionalProperties"], definitions)
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas |= {NAME: settings, **_referenced(settings, definitions)}
    for name in _TAKEN_BY:
        schemas[name]["properties"]["settings"] = {"$ref": _PLACE + NAME}
    return document


def _resolved(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    return definitions[schema["$ref"].removeprefix(_PLACE)] if "$ref" in schema else schema


def _referenced(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that a schema needs."""
    needed: dict[str, Any] = {}
    pending = [schema]
    while pending:
        for name in re.findall(rf'"{_PLACE}([^"]+)"', json.dumps(pending.pop())):
            if name not in needed:
                needed[name] = definitions[name]
                pending.append(definitions[name])
    return needed
