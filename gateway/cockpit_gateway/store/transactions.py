"""Who is told of each transaction of a store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Transacted: TypeAlias = Callable[[int, float], None]
"""Is told of each transaction: how many jobs it carried out, and its seconds; perhaps in a thread of the store's."""


def tell_nobody(_jobs: int, _seconds: float) -> None:
    """Tell nobody of a transaction."""
