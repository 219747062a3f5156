"""What happened, counted: added up, and read again."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.activity import KEPT, Activity, Cell, Happening, Period, SourceCell, TargetCell
from cockpit_gateway.store.sqlite import bulk
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.sqlite.targets import TargetNumbers

INSERT_SOURCE_COUNTS = statement("insert_source_counts")
INSERT_TARGET_COUNTS = statement("insert_target_counts")
FORGET_SOURCE_COUNTS = statement("forget_source_counts")
FORGET_TARGET_COUNTS = statement("forget_target_counts")
SOURCE_COUNTS = statement("source_counts")
TARGET_COUNTS = statement("target_counts")
COUNTS_OF_ALL_TARGETS = statement("counts_of_all_targets")

MOST_FORGOTTEN = 2000
"""Old counts that one addition deletes."""


def add(connection: sqlite3.Connection, targets: TargetNumbers, added: Activity, now: float) -> None:
    """Add to what was counted of the same minutes, and of their hours; forget some of the oldest."""
    for span, kept in KEPT.items():
        of_sources, of_targets = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
        for (at, source, fate), count in added.sources.items():
            of_sources[(span, at // span * span, source, fate)] += count
        for (target_id, at, happening, bucket), count in added.targets.items():
            of_targets[(span, targets.number(target_id), at // span * span, happening.value, bucket)] += count
        bulk.execute(connection, INSERT_SOURCE_COUNTS, [(*cell, count) for cell, count in of_sources.items()])
        bulk.execute(connection, INSERT_TARGET_COUNTS, [(*cell, count) for cell, count in of_targets.items()])
        old = {"span": span, "before": now - kept, "most": MOST_FORGOTTEN}
        connection.execute(FORGET_SOURCE_COUNTS, old)
        connection.execute(FORGET_TARGET_COUNTS, old)


def of_sources(connection: sqlite3.Connection, period: Period) -> Mapping[SourceCell, int]:
    """Return what was counted of every source."""
    rows = connection.execute(SOURCE_COUNTS, period._asdict() | {"span": period.span})
    return {SourceCell(at, source, fate): count for at, source, fate, count in rows}


def of_each_target(
    connection: sqlite3.Connection, period: Period, target_id: TargetId | None
) -> Mapping[TargetCell, int]:
    """Return what was counted of one target, or of each."""
    plugin, target = target_id or (None, None)
    values = period._asdict() | {"span": period.span, "plugin": plugin, "target": target}
    return {
        TargetCell(TargetId(*names), at, Happening(happening), bucket): count
        for *names, at, happening, bucket, count in connection.execute(TARGET_COUNTS, values)
    }


def of_all_targets(connection: sqlite3.Connection, period: Period) -> Mapping[Cell, int]:
    """Return what was counted of all targets together."""
    rows = connection.execute(COUNTS_OF_ALL_TARGETS, period._asdict() | {"span": period.span})
    return {Cell(at, Happening(happening), bucket): count for at, happening, bucket, count in rows}
