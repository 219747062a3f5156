"""The base of everything that the API shows, and how times are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from cockpit_gateway.events import encode_json


class View(BaseModel):
    """Base of what is shown: JSON values, and other views."""

    model_config = ConfigDict(frozen=True)


Time: TypeAlias = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-20T08:00:00.000Z"]})
]
"""A time as it is shown: ISO 8601 in UTC, to the millisecond."""

SearchedTo: TypeAlias = Annotated[
    Time | None, Field(description="How far back was looked, if that ended the page early; null otherwise.")
]
Next: TypeAlias = Annotated[str | None, Field(description="The `cursor` of what follows, null after the last.")]
"""Where a list or a walk goes on."""


def encode(view: object) -> bytes:
    """Return a view, or JSON that has views in it, as JSON text, however deep it is.

    Example:
        >>> encode({"page": View()})
        b'{"page":{}}'
    """
    return encode_json(view, default=_fields)


def iso(seconds: float) -> str:
    """Return seconds since the Unix epoch as ISO 8601 in UTC, to the millisecond.

    Example:
        >>> iso(0.5)
        '1970-01-01T00:00:00.500Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(seconds: float | None) -> str | None:
    """Return a time as `iso` does, None for none."""
    return None if seconds is None else iso(seconds)


def _fields(value: object) -> dict[str, object]:
    """Return the fields of a view as they are: what is in them may be nested deeper than pydantic goes."""
    if not isinstance(value, View):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return dict(value)
