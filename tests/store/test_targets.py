"""Run-time state of targets, and what waits for them."""

from __future__ import annotations

import pytest
from stores import NOW, SEARCH, SITE, MakeStore, a_delivery, accept, an_event, delivered, died, leased

from cockpit_gateway import DeliveryState, EventStatus
from cockpit_gateway.deliveries import Hold
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Backlog, TargetState


async def disable(store: Store) -> TargetState:
    return await store.set_held(SITE, Hold.DISABLED, reason="gone", now=NOW)


async def test_a_target_starts_enabled(store: Store) -> None:
    found = await store.set_targets({SITE: "https://a", SEARCH: ""})
    assert set(found) == {TargetState(SITE), TargetState(SEARCH)}
    assert set(await store.target_states()) == set(found)


async def test_a_disabled_target_stays_so_through_a_restart(make_store: MakeStore) -> None:
    expected = TargetState(SITE, Hold.DISABLED, reason="gone", changed_at=NOW)
    store = make_store()
    await store.open()
    await store.set_targets({SITE: "https://a"})
    assert await disable(store) == expected
    await store.close()
    store = make_store()
    await store.open()
    assert list(await store.set_targets({SITE: "https://a"})) == [expected]
    await store.close()


async def test_another_fingerprint_enables_it(store: Store) -> None:
    await store.set_targets({SITE: "https://a"})
    await disable(store)
    assert list(await store.set_targets({SITE: "https://b"})) == [TargetState(SITE)]


async def test_a_person_enables_it(store: Store) -> None:
    await store.set_targets({SITE: ""})
    await disable(store)
    enabled = await store.set_held(SITE, None, reason=None, now=NOW + 1)
    assert list(await store.target_states()) == [enabled] == [TargetState(SITE, changed_at=NOW + 1)]


async def test_a_target_that_left_the_configuration_is_remembered(store: Store) -> None:
    await store.set_targets({SITE: "", SEARCH: ""})
    await disable(store)
    assert list(await store.set_targets({SEARCH: ""})) == [TargetState(SEARCH)]
    assert {state.target_id: state.held for state in await store.target_states()} == {SITE: Hold.DISABLED, SEARCH: None}


async def test_an_unknown_target_is_not_disabled(store: Store) -> None:
    with pytest.raises(NotFoundError, match="webhook:site"):
        await disable(store)


async def test_the_backlog_counts_what_is_pending(store: Store) -> None:
    assert dict(await store.backlog()) == {}
    await accept(store, a_delivery(SITE, due_at=NOW + 3), a_delivery(SITE, due_at=NOW + 2), a_delivery(SEARCH))
    await leased(store)
    size = len(an_event().body)
    expected = {SITE: Backlog(2, NOW + 2, 2 * size, NOW + 2), SEARCH: Backlog(1, NOW, size, NOW)}
    assert dict(await store.backlog()) == expected


async def test_totals_count_every_row(store: Store) -> None:
    empty = await store.totals()
    assert (dict(empty.events), dict(empty.deliveries)) == ({}, {})
    await store.accept(an_event(status=EventStatus.DROPPED), [])
    await accept(store, a_delivery(SITE), a_delivery(SEARCH))
    for end in (delivered, delivered, died):
        await store.settle(end(await leased(store)))
    await leased(store, SEARCH)
    totals = await store.totals()
    assert dict(totals.events) == {EventStatus.ACCEPTED: 5, EventStatus.DROPPED: 1}
    assert dict(totals.deliveries) == {
        (SITE, DeliveryState.PENDING): 1,
        (SITE, DeliveryState.DELIVERED): 2,
        (SITE, DeliveryState.DEAD): 1,
        (SEARCH, DeliveryState.PENDING): 1,
        (SEARCH, DeliveryState.RUNNING): 1,
    }
