"""pydantic's errors as sentences."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "path_type": "a path",
    "tuple_type": "a list",
}
_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _context: "required key is missing",
    "too_long": lambda context: f"at most {context['max_length']} items, not {context['actual_length']}",
    "too_short": lambda context: f"at least {context['min_length']} item(s), not {context['actual_length']}",
    "string_too_short": lambda context: f"at least {context['min_length']} character(s)",
    "string_too_long": lambda context: f"at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda context: f"does not have the form {context['pattern']}",
    "literal_error": lambda context: f"one of {context['expected']}",
    "greater_than": lambda context: f"more than {context['gt']}",
    "greater_than_equal": lambda context: f"at least {context['ge']}",
    "less_than": lambda context: f"less than {context['lt']}",
    "less_than_equal": lambda context: f"at most {context['le']}",
}


def sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return one of pydantic's errors as a sentence; a value is never shown, but its kind is.

    Args:
        detail: The error.
        model: The model that was validated.
    """
    kind = detail["type"]
    if kind == "extra_forbidden":
        return f"unknown key{_suggest(str(detail['loc'][-1]), _keys_at(model, detail['loc'][:-1]))}"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}, got {_kind_of(detail['input'])}"
    if kind == "value_error":
        return str(detail["ctx"]["error"]) if "ctx" in detail else detail["msg"]
    told = _SENTENCES.get(kind)
    return told(detail.get("ctx", {})) if told else detail["msg"]


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()} (YAML reads yes, no, on and off as true or false: put quotes around a word)"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _keys_at(model: type[BaseModel], location: Iterable[int | str]) -> list[str]:
    """Return the keys that are allowed where an unknown one stands."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is not None and isinstance(part, str) and part in current.model_fields:
            current = _model_in(current.model_fields[part].annotation)
    return list(current.model_fields) if current is not None else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model within an annotation such as `dict[str, Endpoint]` or `Basic | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = getattr(annotation, "__args__", ())
    return next((found for found in map(_model_in, inner) if found is not None), None)


def _suggest(key: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(key, known, n=1)
    if nearest:
        return f", did you mean {nearest[0]!r}?"
    return f"; known here: {', '.join(known)}" if known else ""
