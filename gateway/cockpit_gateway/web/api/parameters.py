"""Parameters and bodies of requests: models say what there is; a mistake is a problem that names it, and its cure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias, TypeVar, get_origin

import orjson
from multidict import MultiMapping
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from cockpit_gateway.config.sentences import did_you_mean, got, sentence
from cockpit_gateway.web.problems import Problem

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)

_Asked = TypeVar("_Asked", bound=BaseModel)


class Query(BaseModel):
    """Base of what stands behind the question mark: any other name is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Body(BaseModel):
    """Base of what is sent as a JSON object: any other key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _whole(text: object) -> object:
    if isinstance(text, str) and not _NUMBER.fullmatch(text):
        raise ValueError(f"expected a whole number, {got(text)}")
    return text


def _flag(text: object) -> object:
    if isinstance(text, str) and text not in ("true", "false"):
        raise ValueError(f"expected true or false, {got(text)}")
    return text


def _moment(text: object) -> object:
    if isinstance(text, str):
        try:
            moment = datetime.fromisoformat(text.upper()) if _TIME.fullmatch(text) else None
        except ValueError:
            moment = None
        if moment is None:
            raise ValueError(f"expected a time like 2026-11-20T08:00:00Z, {got(text)}")
        return moment.timestamp()
    return text


Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag)]
"""true or false, as it is written in a URL."""

Moment: TypeAlias = Annotated[
    float,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time with its zone; seconds since the Unix epoch."""

MOST_AT_ONCE = 1000
"""Rows on a page."""

Limit: TypeAlias = Annotated[
    int, Field(ge=1, le=MOST_AT_ONCE, description="At most so many on a page."), BeforeValidator(_whole)
]


def read_query(model: type[_Asked], given: MultiMapping[str]) -> _Asked:
    """Return the parameters of a request.

    Args:
        model: Which there are.
        given: They, as text.

    Raises:
        Problem: there are others, or one is not what it should be.
    """
    fields = model.model_fields
    repeated = {name for name, field in fields.items() if get_origin(field.annotation) is list}
    twice = next(
        (name for name in given if name in fields and name not in repeated and len(given.getall(name)) > 1), None
    )
    if twice is not None:
        raise mistake("query", twice, "it is given more than once")
    values = {name: given.getall(name) if name in repeated else given[name] for name in given}
    return validated(model, values, "query", fields)


def read_body(model: type[_Asked], given: bytes) -> _Asked:
    """Return the body of a request; none is an empty object.

    Raises:
        Problem: it is no JSON object, or not the one that is expected.
    """
    try:
        values = orjson.loads(given) if given.strip() else {}
    except orjson.JSONDecodeError as error:
        raise mistake("body", "", f"it is not valid JSON: {error}") from None
    return validated(model, values, "body", model.model_fields)


def validated(model: type[_Asked], values: Any, where: str, known: Iterable[str]) -> _Asked:
    """Return a validated model.

    Args:
        model: The model.
        values: What is to be validated.
        where: "query" or "body".
        known: The names that there are.

    Raises:
        Problem: with every mistake.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise mistakes(where, [_told(detail, where, list(known)) for detail in details]) from None


def mistake(where: str, name: str, told: str) -> Problem:
    """Return the problem that a single mistake is; see `mistakes`."""
    return mistakes(where, [(name, told)])


def mistakes(where: str, told: Iterable[tuple[str, str]]) -> Problem:
    """Return mistakes in a request as a problem.

    Args:
        where: "query" or "body".
        told: The name of what is wrong, or its path in the body, and the sentence about it.
    """
    listed = list(dict.fromkeys(told))
    sentences = [f"{name}: {said}" if name else said for name, said in listed]
    errors: list[Mapping[str, str]] = [{"in": where, "name": name, "detail": said} for name, said in listed]
    return Problem(HTTPStatus.BAD_REQUEST, f"{'; '.join(sentences)}.", errors=errors)


def _told(detail: ErrorDetails, where: str, known: list[str]) -> tuple[str, str]:
    name = ".".join(map(str, detail["loc"] if where == "body" else detail["loc"][:1]))
    if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
        there_are = f"; there are: {', '.join(known)}" if known else "; this takes none"
        noun = "parameter" if where == "query" else "key"
        return name, f"there is no such {noun}{did_you_mean(name, known) or there_are}"
    return name, sentence(detail, ())
