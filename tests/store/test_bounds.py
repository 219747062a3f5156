"""What may wait, how much comes into memory at once, and due times that move."""

from __future__ import annotations

import pytest
from stores import NOW, SITE, a_delivery, accept, all_deliveries, an_event, claim, ids, leased

from cockpit_gateway import BacklogLimit, DeliveryState
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Trimmed

SIZE = len(an_event().body)
NOBODY = TargetId("webhook", "removed")


async def waiting(store: Store, count: int, target_id: TargetId = SITE) -> list[str]:
    deliveries = [a_delivery(target_id, due_at=NOW + number) for number in range(count)]
    for delivery in deliveries:
        await accept(store, delivery)
    return ids(deliveries)  # type: ignore[arg-type]


async def pending(store: Store) -> set[str]:
    return {found.id for found in await all_deliveries(store) if found.state is DeliveryState.PENDING}


@pytest.mark.parametrize(
    ("limit", "trimmed", "word"),
    [
        (BacklogLimit(rows=3), Trimmed(0, 7), "overflow"),
        (BacklogLimit(size=3 * SIZE), Trimmed(0, 7), "overflow"),
        (BacklogLimit(age=3.5), Trimmed(7, 0), "expired"),
        (BacklogLimit(), Trimmed(0, 0), ""),
    ],
)
@pytest.mark.parametrize("target_id", [SITE, NOBODY])
async def test_the_oldest_beyond_the_bounds_die(
    store: Store, limit: BacklogLimit, trimmed: Trimmed, word: str, target_id: TargetId
) -> None:
    found = await waiting(store, 10, target_id)
    running = await leased(store)
    assert await store.trim(target_id, limit, now=NOW + 10, step=100) == trimmed
    dead = sum(trimmed)
    assert await pending(store) == set(found[dead:])
    assert {(await store.delivery(each)).reason.partition(":")[0] for each in found[:dead]} <= {word}  # type: ignore[union-attr]
    assert (await store.delivery(running.delivery.id)).state is DeliveryState.RUNNING


async def test_it_goes_step_by_step(store: Store) -> None:
    found = await waiting(store, 10)
    assert await store.trim(SITE, BacklogLimit(rows=2), now=NOW, step=5) == Trimmed(0, 5)
    assert await pending(store) == set(found[5:])
    assert await store.trim(SITE, BacklogLimit(rows=2), now=NOW, step=5) == Trimmed(0, 3)


@pytest.mark.parametrize("ordered", [True, False])
async def test_a_claim_brings_what_there_is_room_for_and_says_that_there_is_more(store: Store, ordered: bool) -> None:
    found = await waiting(store, 5)
    claimed = await store.claim(SITE, now=NOW + 9, limit=100, room=2 * SIZE, ordered=ordered)
    assert ([work.delivery.id for work in claimed.work], claimed.next_due) == (found[:2], NOW + 9)
    assert await claim(store, now=NOW + 9, ordered=ordered) == found[2:]


async def test_one_that_is_larger_than_the_room_comes_alone(store: Store) -> None:
    found = await waiting(store, 2)
    claimed = await store.claim(SITE, now=NOW + 9, limit=100, room=1, ordered=False)
    assert [work.delivery.id for work in claimed.work] == found[:1]


async def test_due_times_move_with_the_clock(store: Store) -> None:
    found = await waiting(store, 2)
    await store.shift_due(-3600.0, now=NOW)
    assert [(await store.delivery(each)).due_at for each in found] == [NOW - 3600, NOW - 3599]


async def test_what_is_due_too_late_is_due_at_the_latest(store: Store) -> None:
    found = await waiting(store, 3)
    await store.clamp_due(SITE, NOW + 1)
    assert [(await store.delivery(each)).due_at for each in found] == [NOW, NOW + 1, NOW + 1]
