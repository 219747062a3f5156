"""pydantic's errors as sentences."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import ErrorDetails

_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys to values",
    "mapping_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "path_type": "a path",
    "none_required": "nothing",
}
_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "too_long": lambda context: f"{_items(context['max_length'], 'at most')}, not {context['actual_length']}",
    "too_short": lambda context: f"{_items(context['min_length'], 'at least')}, not {context['actual_length']}",
    "string_too_short": lambda context: f"expected at least {context['min_length']} characters",
    "string_too_long": lambda context: f"expected at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda context: f"does not have the form {context['pattern']}",
}
_BOUNDS = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}
_LONGEST_SHOWN = 60
_LARGEST_SHOWN = 10**15


def sentence(detail: ErrorDetails, keys: Sequence[str]) -> str:
    """Return one of pydantic's errors as a sentence.

    Args:
        detail: The error.
        keys: The keys that are allowed where it occurred.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        return f"unknown key{did_you_mean(key, keys) or _listed(keys)}"
    if kind == "missing":
        return f"the key {detail['loc'][-1]!r} is missing"
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    if kind in ("literal_error", "enum"):
        return _choice(context["expected"], detail["input"])
    if kind in _SENTENCES:
        return _SENTENCES[kind](context)
    if kind in _BOUNDS:
        return f"expected {_BOUNDS[kind].format(**context)}, {got(detail['input'])}"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}, {got(detail['input'])}{_cure(kind, detail['input'])}"
    return detail["msg"].replace("Input should be", "expected", 1)


def got(value: object) -> str:
    """Return what was given, in the words of a message.

    Example:
        >>> got("5 apples")
        "got '5 apples'"
    """
    match value:
        case None:
            return "got nothing"
        case bool():
            return f"got {str(value).lower()} (which is what YAML makes of yes, no, on and off)"
        case str():
            return f"got {value!r}" if len(value) <= _LONGEST_SHOWN else "got a longer text"
        case int() | float():
            shown = f"{value:g}" if isinstance(value, float) else f"{value}"
            return f"got the number {shown}" if abs(value) < _LARGEST_SHOWN else "got a number out of bounds"
        case list():
            return "got a list"
        case dict():
            return "got a mapping"
        case bytes():
            return "got binary data"
        case _:
            return "got a date" if isinstance(value, date) else f"got a {type(value).__name__}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a clause that suggests the known name that is nearest to an unknown one; "" if none is near.

    Example:
        >>> did_you_mean("prot", ["host", "port"])
        ", did you mean 'port'?"
    """
    nearest = nearest_name(name, known)
    return f", did you mean {nearest!r}?" if nearest else ""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest to an unknown one, None if none is near."""
    by_spelling = {candidate.casefold(): candidate for candidate in known}
    return next((by_spelling[found] for found in difflib.get_close_matches(name.casefold(), by_spelling, n=1)), None)


def _listed(keys: Sequence[str]) -> str:
    return f"; there are: {', '.join(keys)}" if keys else ""


def _cure(kind: str, value: object) -> str:
    if kind == "string_type" and value is not None and not isinstance(value, list | dict):
        return "; put it in quotes"
    if kind == "list_type" and isinstance(value, str):
        return "; put it in [ ]"
    if kind == "dict_type" and value is None:
        return "; write {} for an empty one"
    return ""


def _choice(expected: str, value: object) -> str:
    known = [part.strip("' ") for part in expected.replace(" or ", ",").split(",")]
    return f"expected {expected}, {got(value)}{did_you_mean(value, known) if isinstance(value, str) else ''}"


def _items(count: int, bound: str) -> str:
    return f"expected {bound} {count} {'item' if count == 1 else 'items'}"
