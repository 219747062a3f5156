"""What happened, counted: added up, and read again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.activity import KEPT, Activity, Cell, Happening, Period, SourceCell, TargetCell
from cockpit_gateway.store.postgres.rows import target_id_of
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.postgres.text import from_store

INSERT_SOURCE_COUNTS = query("insert_source_counts")
INSERT_TARGET_COUNTS = query("insert_target_counts")
FORGET_SOURCE_COUNTS = query("forget_source_counts")
FORGET_TARGET_COUNTS = query("forget_target_counts")
SOURCE_COUNTS = query("source_counts")
TARGET_COUNTS = query("target_counts")
COUNTS_OF_ALL_TARGETS = query("counts_of_all_targets")

MOST_FORGOTTEN = 2000
"""Old counts that one addition deletes."""


async def add(connection: Connection, numbers: Mapping[TargetId, int], added: Activity, now: float) -> None:
    """Add to what was counted of the same minutes, and of their hours; forget some of the oldest."""
    of_sources, of_targets = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for span in KEPT:
        for (at, source, fate), count in added.sources.items():
            of_sources[(span, at // span * span, source, fate)] += count
        for (target_id, at, happening, bucket), count in added.targets.items():
            of_targets[(span, numbers[target_id], at // span * span, happening.value, bucket)] += count
    await INSERT_SOURCE_COUNTS.run(connection, **_columns(of_sources, "spans", "ats", "sources", "fates"))
    await INSERT_TARGET_COUNTS.run(
        connection, **_columns(of_targets, "spans", "targets", "ats", "happenings", "buckets")
    )
    for span, kept in KEPT.items():
        old = {"span": span, "before": math.ceil(now - kept), "most": MOST_FORGOTTEN}
        await FORGET_SOURCE_COUNTS.run(connection, **old)
        await FORGET_TARGET_COUNTS.run(connection, **old)


async def of_sources(connection: Connection, period: Period) -> Mapping[SourceCell, int]:
    """Return what was counted of every source."""
    rows = await SOURCE_COUNTS.rows(connection, **period._asdict(), span=period.span)
    return {SourceCell(at, from_store(source), fate): count for at, source, fate, count in rows}


async def of_each_target(
    connection: Connection, period: Period, target_id: TargetId | None
) -> Mapping[TargetCell, int]:
    """Return what was counted of one target, or of each."""
    plugin, target = target_id or (None, None)
    values = period._asdict() | {"span": period.span, "plugin": plugin, "target": target}
    return {
        TargetCell(target_id_of(*names), at, Happening(happening), bucket): count
        for *names, at, happening, bucket, count in await TARGET_COUNTS.rows(connection, **values)
    }


async def of_all_targets(connection: Connection, period: Period) -> Mapping[Cell, int]:
    """Return what was counted of all targets together."""
    rows = await COUNTS_OF_ALL_TARGETS.rows(connection, **period._asdict(), span=period.span)
    return {Cell(at, Happening(happening), bucket): count for at, happening, bucket, count in rows}


def _columns(counts: Counter[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    columns = {name: [cell[place] for cell in counts] for place, name in enumerate(names)}
    return columns | {"counts": [*counts.values()]}
