"""The JSON Schema of a configuration file, installed plugins included: what an editor completes and checks by."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.listen import Listen
from cockpit_gateway.config.models import Settings
from cockpit_gateway.config.quantities import written_duration
from cockpit_gateway.targets import RetrySchedule

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODE: JsonSchemaMode = "validation"
_NO_SETTINGS = {"type": ["object", "null"], "maxProperties": 0}


class _Generator(GenerateJsonSchema):
    """Allows a section without a value, as `PluginConfig` does, and leaves out what no editor needs."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - as pydantic calls it
        return False

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        factory = schema.get("default_factory")
        return super().get_default_value(schema) if factory is None else factory()  # type: ignore[call-arg]

    def encode_default(self, dft: Any) -> Any:
        match dft:
            case BaseModel():
                return {}
            case RetrySchedule(delays=delays):
                return [written_duration(delay) for delay in delays]
            case Listen():
                return str(dft)
            case _:
                return super().encode_default(dft)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _or_nothing(super().model_schema(schema))

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return _or_nothing(super().dict_schema(schema))


def json_schema(plugin_models: Mapping[str, type[PluginConfig] | None]) -> dict[str, Any]:
    """Return the schema.

    Args:
        plugin_models: The `Config` model of each installed plugin, None for one without settings.

    Example:
        >>> json_schema({})["properties"]["log"]["description"]
        'The log.'
    """
    models: set[type[BaseModel]] = {Settings, *filter(None, plugin_models.values())}
    references, generated = models_json_schema(
        [(model, _MODE) for model in sorted(models, key=lambda model: model.__module__)], schema_generator=_Generator
    )
    definitions: dict[str, Any] = generated["$defs"]
    settings: dict[str, Any] = definitions.pop(references[Settings, _MODE]["$ref"].rpartition("/")[2])
    settings["properties"]["plugins"] = {
        "type": ["object", "null"],
        "description": "A section per plugin.",
        "default": {},
        "additionalProperties": False,
        "properties": {
            name: _NO_SETTINGS if model is None else references[model, _MODE]
            for name, model in sorted(plugin_models.items())
        },
    }
    head = {"$schema": _DIALECT, "title": "Cockpit Gateway's configuration"}
    body = {name: value for name, value in settings.items() if name != "title"}
    return head | body | {"$defs": _referenced(body, definitions)}


def _referenced(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that a schema needs; pydantic adds those of types that are written in another form."""
    needed: set[str] = set()
    pending = [schema]
    while pending:
        found = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(pending.pop()))) - needed
        needed |= found
        pending += [definitions[name] for name in found]
    return {name: definition for name, definition in definitions.items() if name in needed}


def _or_nothing(schema: JsonSchemaValue) -> JsonSchemaValue:
    return schema | {"type": ["object", "null"]} if schema.get("type") == "object" else schema
