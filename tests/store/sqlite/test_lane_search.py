"""Heads of lanes are found the same way whichever way they are looked for."""

from __future__ import annotations

import lanes
import pytest
from fuzzing import examples
from hypothesis import HealthCheck, given
from stores import a_delivery, accept, claim

from cockpit_gateway.store.sqlite import claiming
from cockpit_gateway.store.sqlite.engine import SqliteStore


@pytest.mark.parametrize("window", [0, 1, 3])
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=lanes.histories)
async def test_lane_by_lane(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch, window: int, history: list[lanes.Step]
) -> None:
    monkeypatch.setattr(claiming, "WINDOW", window)
    await lanes.Run(sqlite_store).go_through(history)


async def test_a_long_lane_hides_neither_others_nor_what_has_no_key(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "WINDOW", 5)
    keyless, long, other = a_delivery(), [a_delivery(key="long") for _ in range(10)], a_delivery(key="other")
    await accept(sqlite_store, keyless, *long, other)
    assert await claim(sqlite_store, ordered=True) == [keyless.id, long[0].id, other.id]
