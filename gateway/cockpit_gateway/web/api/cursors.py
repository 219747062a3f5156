"""Cursors: where the next page of a list, or the next step of a walk, begins; opaque to whoever gets them."""

from __future__ import annotations

import base64
from typing import Annotated, Any, TypeAlias

import orjson
from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, ValidationError, core_schema

from cockpit_gateway.store.records import Cursor

EVENTS, DELIVERIES, WALK, NAMES = "events", "deliveries", "walk", "names"
"""What a cursor is a place in; one of another kind is refused."""

_LARGEST = 2**63


def cursor_text(kind: str, place: int | str | tuple[int | str, ...] | None) -> str | None:
    """Return a place as a cursor, None for none.

    Args:
        kind: What it is a place in.
        place: The place.

    Example:
        >>> cursor_text(EVENTS, 7)
        'WyJldmVudHMiLDdd'
    """
    if place is None:
        return None
    plain = list(place) if isinstance(place, tuple) else place
    return base64.urlsafe_b64encode(orjson.dumps([kind, plain])).decode().rstrip("=")


class _CursorOf:
    """Makes a type one that is read off a cursor.

    Args:
        kind: What it is a place in.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}

    def _read(self, text: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            kind, place = orjson.loads(base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}"))
            if kind == self._kind:
                return handler(place)
        except (ValidationError, ValueError, TypeError):
            pass
        raise ValueError("a cursor is the `next` of the answer before, of the same list; leave it out to begin anew")


def _within_bounds(found: Cursor) -> Cursor:
    if not all(0 <= number < _LARGEST for number in found):
        raise ValueError("out of bounds")
    return found


EventsCursor: TypeAlias = Annotated[int, Field(strict=True, ge=0, lt=_LARGEST), _CursorOf(EVENTS)]
"""The seq of the last event of the page before."""

DeliveriesCursor: TypeAlias = Annotated[str, _CursorOf(DELIVERIES)]
"""The id of the last delivery of the page before."""

WalkCursor: TypeAlias = Annotated[Cursor, AfterValidator(_within_bounds), _CursorOf(WALK)]
"""How far a walk has come."""

NamesCursor: TypeAlias = Annotated[list[str], _CursorOf(NAMES)]
"""The name of the last one of the page before, in its parts."""
