"""What stands before every path of a listener."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator


def _check_base_path(path: str) -> str:
    if path and not re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+", path):
        raise ValueError("a base path is like /gateway: a slash first, none at the end, letters, digits and - . _ ~")
    return path


BasePath: TypeAlias = Annotated[str, AfterValidator(_check_base_path)]
"""A path like /gateway, or nothing."""
