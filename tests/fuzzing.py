"""How many examples a property test tries: the same few each time, or with FUZZ=<n> n times as many, new each time."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

TIMES = int(os.environ.get("FUZZ", "1"))


def examples(count: int, **options: Any) -> settings:
    """Return the settings of a property test.

    Args:
        count: Examples to try, without FUZZ.
        options: Further settings of hypothesis.
    """
    return settings(max_examples=count * TIMES, derandomize=TIMES == 1, database=None, deadline=None, **options)
