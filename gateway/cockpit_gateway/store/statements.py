"""SQL by name, from an engine's files in `queries`.

There, `-- name: …` begins a statement or a fragment of one. Another name in braces stands for the fragment of that
name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *--.*\n", re.MULTILINE)


class Statements:
    """The statements of an engine.

    Args:
        package: The engine's package.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def __call__(self, name: str, *fragments: str) -> str:
        """Return a statement.

        Args:
            name: The statement's name.
            fragments: Names of the fragments that stand in it in braces.

        Example:
            >>> Statements("cockpit_gateway.store.sqlite")("delete_owners")
            'DELETE FROM owners'
        """
        texts = _read(self._package)
        text = texts[name]
        for fragment in fragments:
            text = text.replace(f"{{{fragment}}}", texts[fragment])
        return text


@cache
def _read(package: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in files(package).joinpath("queries").iterdir():
        _, *parts = _HEADING.split(file.read_text())
        bodies = (_COMMENT.sub("", body).strip().removesuffix(";") for body in parts[1::2])
        found |= zip(parts[::2], bodies, strict=True)
    return found
