"""docs/reference/configuration.md, from the JSON Schema of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cockpit_gateway.config import json_schema
from cockpit_gateway.registry import Registry
from generators.markdown import document, listed, plain, table

INTRODUCTION = """\
One YAML file. `cockpit-gateway check` validates it and shows every mistake at once, each with its line;
`cockpit-gateway schema` prints the JSON Schema that editors complete and check by (`config/gateway.schema.json`).
`config/gateway.yaml` is the commented default.

A text value may hold `${VAR}` or `${VAR:-default}` from the environment; `!file PATH` takes the content of a file,
relative to the configuration file. A key in **bold** is required.
"""

TYPES = {"string": "text", "object": "mapping", "boolean": "`true` or `false`", "array": "list"}
UNITS = (("h", 3600), ("m", 60), ("s", 1), ("ms", 0.001))

MOST_CHOICES = 10
"""A longer list of choices, such as Cockpit's events, is no help in a table."""

Schema = Mapping[str, Any]


def page() -> str:
    """Return the page."""
    built_in = [found for found in Registry.load().plugins.values() if found.distribution == "cockpit-gateway"]
    schema = json_schema({found.name: found.section for found in built_in})
    sections = list(_sections("", schema, schema["$defs"]))
    return document("Configuration", INTRODUCTION, *(part for section in sections for part in section))


def _sections(path: str, schema: Schema, definitions: Schema) -> Iterator[list[str]]:
    """Yield the section of a mapping, and then those of the mappings in it."""
    properties: Schema = schema.get("properties", {})
    required = schema.get("required", ())
    ordered = sorted(properties.items(), key=lambda found: found[0] not in required)
    rows = [_row(key, value, definitions, required=key in required) for key, value in ordered]
    if path != "plugins":
        heading = [f"## `{path}`", _first_line(schema)] if path else ["## The file"]
        yield [*heading, table(["key", "value", "default", "meaning"], rows)]
    for key, value in properties.items():
        inner_path, inner = _inside(f"{path}.{key}".lstrip("."), value, definitions)
        if inner is not None:
            yield from _sections(inner_path, inner, definitions)


def _inside(path: str, schema: Schema, definitions: Schema) -> tuple[str, Schema | None]:
    """Return the mapping that a value is, or holds, and its path."""
    for kind in _kinds(schema, definitions):
        if kind.get("properties"):
            return path, kind
        named = [*kind.get("patternProperties", {}).values(), kind.get("additionalProperties")]
        for value in filter(None, named):
            inner_path, inner = _inside(f"{path}.<name>", value, definitions)
            if inner is not None:
                return inner_path, inner
        if "items" in kind:
            inner_path, inner = _inside(f"{path}[]", kind["items"], definitions)
            if inner is not None:
                return inner_path, inner
    return path, None


def _row(key: str, schema: Schema, definitions: Schema, *, required: bool) -> list[str]:
    name = f"**`{key}`**" if required else f"`{key}`"
    kinds = [kind for kind in _kinds(schema, definitions) if kind.get("type") != "null"]
    values = "; or ".join(dict.fromkeys(_value(kind, definitions) for kind in kinds))
    return [name, values, _default(schema, kinds), _first_line(schema) or _first_line(kinds[0])]


def _kinds(schema: Schema, definitions: Schema) -> list[Schema]:
    """Return the alternatives that a value may be, references followed."""
    if "$ref" in schema:
        return _kinds(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    members = schema.get("anyOf") or schema.get("oneOf")
    return [kind for member in members for kind in _kinds(member, definitions)] if members else [schema]


def _value(kind: Schema, definitions: Schema) -> str:
    choices = kind.get("enum", [kind["const"]] if "const" in kind else [])
    if 0 < len(choices) <= MOST_CHOICES:
        return listed(map(str, choices))
    if "examples" in kind:
        return f"like {listed(map(str, kind['examples']))}"
    if "items" in kind:
        return f"list: {_value(_kinds(kind['items'], definitions)[0], definitions)}"
    if kind.get("format") == "password":
        return "secret"
    types = kind.get("type", "string")
    return " or ".join(
        TYPES.get(found, found) for found in ([types] if isinstance(types, str) else types) if found != "null"
    )


def _default(schema: Schema, kinds: list[Schema]) -> str:
    default = schema.get("default")
    if default in (None, [], {}, "") or any(kind.get("properties") for kind in kinds):
        return ""
    return f"`{_written(default, kinds[0])}`"


def _written(default: Any, kind: Schema) -> str:
    """Return a default as a person writes it: the schema has durations in seconds, and sizes in bytes."""
    example = str(kind.get("examples", [""])[0])
    if isinstance(default, int | float) and example.endswith("MiB"):
        return f"{default / 1024**2:g} MiB"
    if isinstance(default, int | float) and example.endswith("s"):
        unit, seconds = next((unit, seconds) for unit, seconds in UNITS if default % seconds == 0)
        return f"{default / seconds:g}{unit}"
    return default if isinstance(default, str) else json.dumps(default)


def _first_line(schema: Schema) -> str:
    return plain(str(schema.get("description", "")).partition("\n")[0])
