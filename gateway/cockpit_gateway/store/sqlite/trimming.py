"""Trimming: what waits beyond a target's bounds is given up, the oldest first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.targets import BacklogLimit

FIND_EXCESS = statement("find_excess")
BURY = statement("bury")


class Excess(NamedTuple):
    """Deliveries beyond the bounds, the oldest first, and how many of them waited too long: those come first."""

    numbers: Sequence[int]
    expired: int


def find_excess(
    connection: sqlite3.Connection, target_id: TargetId, limit: BacklogLimit, now: float, step: int
) -> Excess:
    """Find the oldest deliveries of a target that are beyond its bounds; only reads."""
    values = {
        "plugin": target_id.plugin,
        "target": target_id.target,
        "before": now - limit.age,
        "rows": limit.rows,
        "size": limit.size,
        "step": step,
    }
    numbers, expired = connection.execute(FIND_EXCESS, values).fetchone()
    return Excess(json.loads(numbers), expired)


def bury(connection: sqlite3.Connection, numbers: Sequence[int], limit: BacklogLimit, now: float) -> None:
    """Give up deliveries, as far as they still wait."""
    connection.execute(
        BURY,
        {
            "numbers": json.dumps(numbers),
            "now": now,
            "before": now - limit.age,
            "expired": f"expired: it waited longer than the backlog allows, {timedelta(seconds=limit.age)}",
            "overflow": f"overflow: more waited than the {limit.rows} deliveries or {limit.size} bytes of the backlog",
        },
    )
