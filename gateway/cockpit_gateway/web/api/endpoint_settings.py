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
    text = json.dumps(json_schema(models)).replace("#/$defs/", f"{_PLACE}{NAME}.")
    whole = json.loads(text, object_hook=_plain)
    definitions = {f"{NAME}.{name}": schema for name, schema in whole["$defs"].items()}
    found: dict[str, Any] = whole
    for key in field.path:
        found = _resolved(found["properties"][key], definitions)
    settings = _resolved(found["additionalProperties"], definitions)
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas |= {NAME: settings | {"title": NAME}, **_referenced(settings, definitions)}
    for name in _TAKEN_BY:
        schemas[name]["properties"]["settings"] = {"$ref": _PLACE + NAME}
    return document


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe an object as one, as generators of clients understand it: never null, and without an empty default."""
    said = {name: value for name, value in schema.items() if (name, value) != ("default", {})}
    return said | {"type": "object"} if said.get("type") == ["object", "null"] else said


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
