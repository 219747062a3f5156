"""JSON Schemas of what operations take and answer, from the models that parse and make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from cockpit_gateway.web.api.operations import Operation
from cockpit_gateway.web.api.parameters import Body

_PLACE = "#/components/schemas/"
_Key: TypeAlias = tuple[str, str]
_Asked: TypeAlias = tuple[_Key, JsonSchemaMode, TypeAdapter[Any]]


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - as pydantic calls it
        return False


class Schemas:
    """The schemas of operations, those that several share once.

    Args:
        operations: The operations.

    Attributes:
        components: What is shared, by name.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        asked: list[_Asked] = []
        for operation in operations:
            asked.append(((operation.name, "answer"), "serialization", TypeAdapter(operation.answer)))
            for name, kind in operation.segments.items():
                asked.append(((operation.name, name), "validation", TypeAdapter(kind)))
            models = [model for model in (operation.query, operation.body) if model is not None]
            asked.extend((_key(model), "validation", TypeAdapter(model)) for model in models)
        unique: dict[_Key, _Asked] = {asked_for[0]: asked_for for asked_for in asked}
        found, definitions = TypeAdapter.json_schemas(
            unique.values(), ref_template=_PLACE + "{model}", schema_generator=_Generator
        )
        self._found: dict[_Key, dict[str, Any]] = {key: schema for (key, _), schema in found.items()}
        self.components: dict[str, dict[str, Any]] = definitions.get("$defs", {})
        queries = {_key(operation.query) for operation in operations if operation.query}
        self._queries = {key: self._taken_out(self._found[key]) for key in queries}

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return the parameters in an operation's path, and behind the question mark."""
        inside = [
            _parameter(name, "path", self._found[operation.name, name], is_required=True) for name in operation.segments
        ]
        if operation.query is None:
            return inside
        query = self._queries[_key(operation.query)]
        required = query.get("required", ())
        return inside + [
            _parameter(name, "query", schema, is_required=name in required)
            for name, schema in query.get("properties", {}).items()
        ]

    def body(self, model: type[Body]) -> dict[str, Any]:
        """Return what is said of a body."""
        is_required = any(field.is_required() for field in model.model_fields.values())
        return {"required": is_required, "content": {"application/json": {"schema": self._found[_key(model)]}}}

    def answer(self, operation: Operation) -> dict[str, Any]:
        """Return the schema of an operation's answer."""
        return self._found[operation.name, "answer"]

    def description(self, operation: Operation) -> str:
        """Return what an operation's answer is, in a sentence."""
        name = self.answer(operation).get("$ref", "").removeprefix(_PLACE)
        return str(self.components.get(name, {}).get("description", "It is done.")).split("\n\n")[0]

    def _taken_out(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Take the schema of a query out of what is shared: its parameters are named one by one."""
        return self.components.pop(schema["$ref"].removeprefix(_PLACE), schema) if "$ref" in schema else schema


def _key(model: type) -> _Key:
    return model.__module__, model.__qualname__


def _parameter(name: str, where: str, schema: dict[str, Any], *, is_required: bool) -> dict[str, Any]:
    plain = _without_null(schema)
    described = {"name": name, "in": where, "required": is_required, "description": plain.pop("description", "")}
    return described | {"schema": plain}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema: one that is not given is not there, rather than null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    plain = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}) | plain
