"""A client that knows nothing but the API's description calls every operation of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema
from api_kit import Client, remote

from cockpit_gateway.testing import GatewayTester

ENDLESS = {"trace_hooks"}


class Call(NamedTuple):
    """An operation: its id, and what is said of it."""

    name: str
    method: str
    path: str
    described: dict[str, Any]


async def test_it_can_be_called_by_its_description_alone(gateway: GatewayTester) -> None:
    await gateway.fire("collections.save.after")
    async with remote(gateway) as client:
        described = (await client.get("openapi.json")).document
        calls = [call for call in operations(described) if call.name not in ENDLESS]
        assert len({call.name for call in calls}) == len(calls) > 30
        known = await linked(client, described, calls)
        for call in sorted(calls, key=lambda call: call.method == "DELETE"):
            await called(client, described, call, known)


def operations(described: dict[str, Any]) -> Iterator[Call]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield Call(operation["operationId"], method.upper(), path, operation)


async def linked(client: Client, described: dict[str, Any], calls: list[Call]) -> dict[str, str]:
    """Return what the links of lists say of the parameters in paths."""
    found: dict[str, str] = {}
    for call in calls:
        links = call.described["responses"].get("200", {}).get("links", {})
        listed = (await client.get(described["servers"][0]["url"] + call.path)).document if links else {}
        for name, expression in [pair for link in links.values() for pair in link["parameters"].items()]:
            value = listed
            for part in expression.removeprefix("$response.body#/").split("/"):
                value = value[int(part)] if isinstance(value, list) else value[part]
            found[name] = value
    return found


async def called(client: Client, described: dict[str, Any], call: Call, known: dict[str, str]) -> None:
    """Call an operation, and hold what it answers against what is said of that."""
    path = described["servers"][0]["url"] + call.path.format_map(known)
    required = [found for found in call.described["parameters"] if found.get("required") and found["in"] == "query"]
    assert not required, "no operation needs a parameter behind the question mark"
    query = "?id=none" if call.name.endswith("purge") or call.name == "purge_events" else ""
    body = example(described, call)
    answer = await client.ask(call.method, path + query, body=body)
    responses = call.described["responses"]
    assert str(answer.status) in responses, (call.name, answer.status, answer.text)
    assert answer.status < 500, (call.name, answer.text)
    response = resolved(described, responses[str(answer.status)])
    for media_type, content in response.get("content", {}).items():
        assert answer.headers["Content-Type"].partition(";")[0] == media_type
        schema = content["schema"] | {"components": described["components"]}
        for line in answer.text.splitlines():
            jsonschema.validate(json.loads(line), schema)


def example(described: dict[str, Any], call: Call) -> Any:
    """Return a body: the examples of what has to be in it."""
    if "requestBody" not in call.described:
        return None
    schema = resolved(described, call.described["requestBody"]["content"]["application/json"]["schema"])
    return {name: made(described, schema["properties"][name]) for name in schema.get("required", ())}


def made(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = resolved(described, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("type") == "string":
        return "x"
    return {name: made(described, schema["properties"][name]) for name in schema.get("required", ())}


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = described
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]
