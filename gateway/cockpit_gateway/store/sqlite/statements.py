"""SQL by name, from the files in `queries`.

There, `-- name: …` begins a statement or a fragment of one. `{rows}` stands for as many rows of placeholders as there
are rows; another name in braces for the fragment of that name. "Unfinished" is written
`state IN ('pending', 'running')`, as the index `lanes` has it, so that the index is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def statement(name: str, *fragments: str) -> str:
    """Return a statement.

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
    found: dict[str, str] = {}
    for file in files("cockpit_gateway.store.sqlite").joinpath("queries").iterdir():
        _, *parts = _HEADING.split(file.read_text())
        bodies = (_COMMENT.sub("", body).strip().removesuffix(";") for body in parts[1::2])
        found |= zip(parts[::2], bodies, strict=True)
    return found
