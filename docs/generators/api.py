"""docs/reference/api.md, from the API's own OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cockpit_gateway import __version__
from cockpit_gateway.registry import Registry
from cockpit_gateway.web.api import openapi_document
from generators.markdown import document, plain, table

INTRODUCTION = """\
What stands here is in `GET /api/v1/openapi.json`, which `cockpit-gateway schema --openapi` prints without a running
gateway: OpenAPI 3.1, for programs that make clients. [Use the API](../how-to/use-the-api.md) shows how to ask.
Names in **bold** have to be given.
"""

SETTINGS = "EndpointSettings"
"""What stands in another page."""

COMMON = ("400", "401", "403", "406", "431", "500", "503")
"""What any operation may answer."""

Schema = Mapping[str, Any]


def page() -> str:
    """Return the page."""
    built_in = [found for found in Registry.load().plugins.values() if found.distribution == "cockpit-gateway"]
    described = openapi_document(__version__, {found.name: found.section for found in built_in})
    components = described["components"]
    parts = [INTRODUCTION, plain(described["info"]["description"]), "## Refusals", _refusals(described)]
    for tag in described["tags"]:
        parts += [f"## {tag['name'].capitalize()}", plain(tag["description"])]
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if operation["tags"] == [tag["name"]]:
                    parts += _operation(method.upper(), path, operation, described)
    parts += ["## Documents", "In requests and answers."]
    for name, schema in sorted(components["schemas"].items()):
        if not name.startswith(SETTINGS):
            parts += _schema(name, schema)
    return document("API", *parts)


def _refusals(described: Schema) -> str:
    """Return the table of the problems, which are the same for all operations."""
    found = {
        status: described["components"]["responses"][response["$ref"].rpartition("/")[2]]["description"]
        for methods in described["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if "$ref" in response
    }
    return table(["status", "meaning"], [[status, plain(meaning)] for status, meaning in sorted(found.items())])


def _operation(method: str, path: str, operation: Schema, described: Schema) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield plain(f"{operation['summary']} {' '.join(operation['description'].split())}")
    parameters = [_resolved(parameter, described) for parameter in operation["parameters"]]
    yield table(["parameter", "in", "value", "meaning"], [_parameter(parameter) for parameter in parameters])
    if "requestBody" in operation:
        yield f"Body: {_kind(operation['requestBody']['content']['application/json']['schema'])}."
    [(status, answer)] = [found for found in operation["responses"].items() if found[0].startswith("2")]
    documents = [f"{_kind(content['schema'])} as `{kind}`" for kind, content in answer.get("content", {}).items()]
    others = [f"{code}" for code in operation["responses"] if code not in (status, *COMMON)]
    also = f"; also {', '.join(others)}" if others else ""
    yield f"Answers {status}: {', '.join(documents) or 'nothing'}{also}."


def _parameter(parameter: Schema) -> list[str]:
    name = f"**`{parameter['name']}`**" if parameter.get("required") else f"`{parameter['name']}`"
    schema = parameter["schema"]
    default = f" Default: `{schema['default']}`." if schema.get("default") not in (None, [], False) else ""
    return [name, parameter["in"], _kind(schema), plain(parameter["description"]) + default]


def _schema(name: str, schema: Schema) -> Iterator[str]:
    yield f"### `{name}`"
    yield plain(schema.get("description", "").split("\n\n")[0])
    if "enum" in schema:
        yield f"One of {', '.join(f'`{value}`' for value in schema['enum'])}."
    required = schema.get("required", ())
    rows = [
        [f"**`{key}`**" if key in required else f"`{key}`", _kind(value), plain(value.get("description", ""))]
        for key, value in schema.get("properties", {}).items()
    ]
    yield table(["key", "value", "meaning"], rows)


def _kind(schema: Schema) -> str:
    """Return what a value is, in a word or two."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name == SETTINGS:
            return "[settings](configuration.md)"
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if schema.get("items") else "list"
    kinds = {
        "object": "mapping",
        "string": "text",
        "integer": "whole number",
        "null": "null",
        "boolean": "true or false",
    }
    kind = (
        "time" if schema.get("format") == "date-time" else kinds.get(schema.get("type", ""), schema.get("type", "any"))
    )
    bounds = (schema.get("minimum"), schema.get("maximum"))
    return f"{kind} from {bounds[0]} to {bounds[1]}" if None not in bounds else kind


def _resolved(parameter: Schema, described: Schema) -> Schema:
    if "$ref" not in parameter:
        return parameter
    found: Schema = described["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found
