"""The rarer changes: targets held or let go, due times moved, what waits beyond its bounds given up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.postgres import reading
from cockpit_gateway.store.postgres.statements import Connection, query
from cockpit_gateway.store.records import TargetState
from cockpit_gateway.targets import BacklogLimit

SET_TARGETS = query("set_targets")
HOLD_TARGET = query("hold_target")
NOTE_FAILING = query("note_failing")
SHIFT_DUE = query("shift_due")
CLAMP_DUE = query("clamp_due")
FIND_EXCESS = query("find_excess")
BURY = query("bury")


class Excess(NamedTuple):
    """Deliveries beyond the bounds, the oldest first, and how many of them waited too long: those come first."""

    numbers: Sequence[int]
    expired: int


async def set_targets(connection: Connection, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
    """Record targets; one whose fingerprint changed is neither paused nor disabled."""
    await SET_TARGETS.run(
        connection,
        plugins=[target_id.plugin for target_id in fingerprints],
        targets=[target_id.target for target_id in fingerprints],
        fingerprints=[*fingerprints.values()],
    )
    return [state for state in await reading.target_states(connection) if state.target_id in fingerprints]


async def set_held(connection: Connection, state: TargetState) -> TargetState:
    """Pause or disable a target, or let it go."""
    values = {"held": state.held, "reason": state.reason, "changed_at": state.changed_at, **state.target_id._asdict()}
    if not await HOLD_TARGET.run(connection, **values):
        raise NotFoundError(f"there is no target {state.target_id}")
    return state


async def note_failing(connection: Connection, target_id: TargetId, seconds: float) -> None:
    """Note for how long a target has done nothing but fail."""
    await NOTE_FAILING.run(connection, seconds=seconds, **target_id._asdict())


async def shift_due(connection: Connection, owner: str, seconds: float, now: float) -> None:
    """Move the due time of what was planned before the clock was turned."""
    before = now - seconds if seconds > 0 else math.inf
    await SHIFT_DUE.run(connection, owner=owner, seconds=seconds, before=before)


async def clamp_due(connection: Connection, target: int, latest: float) -> None:
    """Make what is due later than a time due then."""
    await CLAMP_DUE.run(connection, target=target, latest=latest)


async def find_excess(connection: Connection, target: int, limit: BacklogLimit, now: float, step: int) -> Excess:
    """Find the oldest deliveries of a target that are beyond its bounds."""
    given = {"before": now - limit.age, "rows": limit.rows, "size": limit.size, "step": step}
    return Excess(*await FIND_EXCESS.row(connection, target=target, **given))


async def bury(connection: Connection, numbers: Sequence[int], limit: BacklogLimit, now: float) -> None:
    """Give up deliveries, as far as they still wait."""
    await BURY.run(
        connection,
        numbers=numbers,
        now=now,
        before=now - limit.age,
        expired=f"expired: it waited longer than the backlog allows, {timedelta(seconds=limit.age)}",
        overflow=f"overflow: more waited than the {limit.rows} deliveries or {limit.size} bytes of the backlog",
    )
