"""Heads of lanes are found the same way whichever way they are looked for."""

from __future__ import annotations

import lanes
import pytest
from fuzzing import examples
from hypothesis import HealthCheck, given
from stores import a_delivery, accept, claim

from cockpit_gateway.store import steps
from cockpit_gateway.store.port import Store


@pytest.mark.parametrize("window", [0, 1, 3])
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=lanes.histories)
async def test_lane_by_lane(
    store: Store, monkeypatch: pytest.MonkeyPatch, window: int, history: list[lanes.Step]
) -> None:
    monkeypatch.setattr(steps, "HEADS_LOOKED_AT", window)
    await lanes.Run(store).go_through(history)


async def test_a_long_lane_hides_neither_others_nor_what_has_no_key(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "HEADS_LOOKED_AT", 5)
    keyless, long, other = a_delivery(), [a_delivery(key="long") for _ in range(10)], a_delivery(key="other")
    await accept(store, keyless, *long, other)
    assert await claim(store, ordered=True) == [keyless.id, long[0].id, other.id]
