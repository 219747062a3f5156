"""SQL by name, from `queries.sql`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def statement(name: str, *fragments: str) -> str:
    """Return a statement of `queries.sql`.

    Args:
        name: The statement's name.
        fragments: Names of the fragments that stand in it in braces.

    Example:
        >>> statement("delete_owners")
        'DELETE FROM owners'
    """
    text = _statements()[name]
    for fragment in fragments:
        text = text.replace(f"{{{fragment}}}", _statements()[fragment])
    return text


@cache
def _statements() -> Mapping[str, str]:
    text = files("cockpit_gateway.store.sqlite").joinpath("queries.sql").read_text()
    _, *parts = _HEADING.split(text)
    bodies = (_COMMENT.sub("", body).strip().removesuffix(";") for body in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))
