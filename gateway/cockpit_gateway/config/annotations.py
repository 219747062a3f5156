"""What a model's annotations tell beside its validation: which keys there are, and which of the values are secret."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

from cockpit_gateway.config.problems import Data, Path


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """Marks a type that is written in another form.

    Attributes:
        kind: The annotation of that form.
        convert: Makes one of the type from a valid one of that form.

    Example:
        >>> Names = Annotated[frozenset[str], WrittenAs(list[str], frozenset)]
    """

    kind: Any
    convert: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            self.convert,
            handler.generate_schema(self.kind),
            # As what it is: pydantic would take it for the form that it was written in.
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value),
        )


def keys_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys that a model allows at a place.

    Args:
        model: The model.
        location: pydantic's location of the place, which names union members too.
    """
    kinds: list[Any] = [model]
    for part in location:
        # A part that leads nowhere names the member of a union that was tried.
        kinds = [inner for kind in kinds for inner in _members(kind, part)] or kinds
    return [key for kind in kinds for found in _models(kind) for key in _fields(found)]


def secret_paths(annotation: Any, data: Data, path: Path = ()) -> Iterator[Path]:
    """Find what stands in some data where a model declares a secret.

    Args:
        annotation: The model, or the annotation of one of its fields.
        data: The data, as yet not validated.
        path: Its place.
    """
    for kind in _alternatives(annotation):
        if kind in (SecretStr, SecretBytes):
            yield path
        elif isinstance(data, dict):
            for key, value in data.items():
                for inner in _members(kind, key):
                    yield from secret_paths(inner, value, (*path, key))
        elif isinstance(data, list):
            for position, value in enumerate(data):
                for inner in _members(kind, position):
                    yield from secret_paths(inner, value, (*path, position))


def _members(annotation: Any, part: str | int) -> list[Any]:
    """Return the annotations of what stands at a key, or in a list, of something annotated."""
    found: list[Any] = []
    for kind in _alternatives(annotation):
        arguments = get_args(kind)
        if _is_model(kind):
            found += [inner for key, inner in _fields(kind).items() if key == part]
        elif arguments and issubclass(get_origin(kind) or object, Mapping):
            found += [arguments[1]] if isinstance(part, str) else []
        elif arguments and issubclass(get_origin(kind) or object, Collection):
            found += [arguments[0]] if isinstance(part, int) else []
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [kind for kind in _alternatives(annotation) if _is_model(kind)]


def _alternatives(annotation: Any) -> list[Any]:
    """Return the members of a union, or the annotation itself, without metadata."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [kind for member in get_args(annotation) for kind in _alternatives(member)]
    return [annotation]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: _as_written(field) for name, field in model.model_fields.items()}


def _as_written(field: FieldInfo) -> Any:
    return next((found.kind for found in field.metadata if isinstance(found, WrittenAs)), field.annotation)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
