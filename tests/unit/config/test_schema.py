"""The JSON Schema that editors use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from cockpit_gateway.config import PluginConfig, json_schema
from cockpit_gateway.registry import Registry

COMMITTED = Path(__file__).parents[3] / "config" / "gateway.schema.json"
BUILT_IN = ("exec", "jsonl", "redact", "slack", "smtp", "webhook")


def test_the_committed_schema_is_up_to_date() -> None:
    """It is made by `cockpit-gateway schema`."""
    models = Registry.load().config_models()
    generated = json_schema({name: models[name] for name in BUILT_IN})

    assert json.loads(COMMITTED.read_text()) == json.loads(json.dumps(generated))


class Settings(PluginConfig):
    """A model of a plugin, called like one of the gateway's."""

    index: str = "posts"


class Config(PluginConfig):
    settings: Settings = Settings()


def section(schema: dict[str, Any], plugin: str) -> dict[str, Any]:
    reference: str = schema["properties"]["plugins"]["properties"][plugin]["$ref"]
    found: dict[str, Any] = schema["$defs"][reference.removeprefix("#/$defs/")]
    return found


def test_a_plugins_section_is_described() -> None:
    schema = json_schema({"search": Config, "again": Config, "quiet": None})

    assert set(schema["properties"]["plugins"]["properties"]) == {"again", "quiet", "search"}
    assert section(schema, "search") == section(schema, "again")
    assert section(schema, "search")["properties"].keys() == {"settings"}
    assert schema["properties"]["plugins"]["properties"]["quiet"]["maxProperties"] == 0
    assert schema["properties"]["plugins"]["additionalProperties"] is False


def test_models_of_one_name_are_kept_apart() -> None:
    schema = json_schema({"search": Config})

    assert "listen" in schema["$defs"]["Server"]["properties"]
    assert any("index" in found.get("properties", {}) for found in schema["$defs"].values())
    assert "sources" in schema["properties"]


def definitions_named(node: Any) -> set[str]:
    return set(re.findall(r"#/\$defs/([^\"]+)\"", json.dumps(node)))


def test_every_definition_is_needed_and_there() -> None:
    models = Registry.load().config_models()
    schema = json_schema({name: models[name] for name in BUILT_IN})

    assert definitions_named(schema) == set(schema["$defs"])


def test_defaults_are_as_they_would_be_written() -> None:
    assert json_schema({})["$defs"]["Server"]["properties"]["listen"]["default"] == "127.0.0.1:8787"


def test_unknown_keys_are_mistakes_and_an_empty_section_is_none() -> None:
    schema = json_schema({})

    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Server"]["additionalProperties"] is False
    assert schema["$defs"]["Server"]["type"] == ["object", "null"]
    assert schema["properties"]["sources"]["type"] == ["object", "null"]


def test_every_setting_is_described_and_what_can_be_left_out_has_its_default() -> None:
    models = Registry.load().config_models()
    schema = json_schema({name: models[name] for name in BUILT_IN})

    sections = {"": schema, **schema["$defs"]}
    settings = {
        f"{name}.{key}": (setting, key in found.get("required", ()))
        for name, found in sections.items()
        for key, setting in found.get("properties", {}).items()
    }
    assert len(settings) > 100
    assert [name for name, (setting, _) in settings.items() if not setting.get("description")] == []
    assert [name for name, (setting, needed) in settings.items() if not needed and "default" not in setting] == []
    assert settings["Endpoint.retry"][0]["default"][:3] == ["0s", "5s", "5m"]
