"""Bursts of one key become one delivery, in the transaction that writes each event."""

from __future__ import annotations

import asyncio

import pytest
from stores import NOW, ROOM, SEARCH, SITE, MakeStore, a_delivery, accept, an_event, claim, failed, states

from cockpit_gateway import DeliveryState
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import NewDelivery
from cockpit_gateway.targets import Coalesce

LAST = Coalesce(wait=30, max_wait=100, keep="last")
FIRST = Coalesce(wait=30, max_wait=100, keep="first")
PENDING, RUNNING, SUPERSEDED = DeliveryState.PENDING, DeliveryState.RUNNING, DeliveryState.SUPERSEDED


def burst(rule: Coalesce, *seconds: float, key: str | None = "build") -> list[NewDelivery]:
    return [a_delivery(SITE, key, NOW + at, coalesce=rule) for at in seconds]


async def accept_each(store: Store, deliveries: list[NewDelivery]) -> None:
    for delivery in deliveries:
        await accept(store, delivery, at=delivery.due_at)


@pytest.mark.parametrize("rule", [LAST, FIRST])
async def test_a_lone_event_waits_and_is_not_leased(store: Store, rule: Coalesce) -> None:
    delivery = a_delivery(key="build", leased=True, coalesce=rule)
    assert list((await store.accept(an_event(), [delivery])).work) == []
    stored = await store.delivery(delivery.id)
    assert (stored.state, stored.due_at) == (PENDING, NOW + 30)
    assert await claim(store, now=NOW + 29) == []
    assert await claim(store, now=NOW + 30) == [delivery.id]


async def test_the_last_supersedes_the_others(store: Store) -> None:
    deliveries = burst(LAST, 0, 10, 20)
    await accept_each(store, deliveries)
    first, second, last = [await store.delivery(delivery.id) for delivery in deliveries]
    assert (first.state, first.superseded_by, first.ended_at) == (SUPERSEDED, deliveries[1].id, NOW + 10)
    assert (second.state, second.superseded_by, second.ended_at) == (SUPERSEDED, last.id, NOW + 20)
    assert "newer" in (first.reason or "")
    assert (last.state, last.due_at, last.attempts) == (PENDING, NOW + 50, 0)


async def test_the_first_absorbs_the_others(store: Store) -> None:
    deliveries = burst(FIRST, 0, 10, 20)
    await accept_each(store, deliveries)
    first, *others = [await store.delivery(delivery.id) for delivery in deliveries]
    assert (first.state, first.due_at) == (PENDING, NOW + 50)
    assert [(other.state, other.superseded_by) for other in others] == [(SUPERSEDED, first.id)] * 2
    assert [other.ended_at for other in others] == [NOW + 10, NOW + 20]


@pytest.mark.parametrize(("rule", "kept"), [(LAST, -1), (FIRST, 0)])
async def test_a_burst_that_does_not_end_is_delivered_after_max_wait(store: Store, rule: Coalesce, kept: int) -> None:
    deliveries = burst(rule, 0, 25, 50, 75, 99)
    await accept_each(store, deliveries)
    assert (await store.delivery(deliveries[kept].id)).due_at == NOW + 100
    assert await claim(store, now=NOW + 100) == [deliveries[kept].id]


@pytest.mark.parametrize(("rule", "kept"), [(LAST, -1), (FIRST, 0)])
async def test_one_that_is_overdue_stays_due(store: Store, rule: Coalesce, kept: int) -> None:
    deliveries = burst(rule, 0, 150)
    await accept_each(store, deliveries)
    assert await claim(store, now=NOW + 150) == [deliveries[kept].id]


@pytest.mark.parametrize("rule", [LAST, FIRST])
async def test_one_under_way_is_left_alone(store: Store, rule: Coalesce) -> None:
    running, newer = burst(rule, 0, 40)
    await accept(store, running)
    assert await claim(store, now=NOW + 30) == [running.id]
    await accept(store, newer, at=newer.due_at)
    assert await states(store, [running, newer]) == [RUNNING, PENDING]
    assert (await store.delivery(newer.id)).due_at == NOW + 70


async def test_the_last_supersedes_one_in_retry_and_starts_afresh(store: Store) -> None:
    tried, newer = burst(LAST, 0, 90)
    await accept(store, tried)
    (work,) = (await store.claim(SITE, now=NOW + 30, limit=1, room=ROOM, ordered=False)).work
    await store.settle(failed(work, due_at=NOW + 300))
    await accept(store, newer, at=newer.due_at)
    assert (await store.delivery(tried.id)).superseded_by == newer.id
    stored = await store.delivery(newer.id)
    assert (stored.state, stored.attempts, stored.due_at) == (PENDING, 0, NOW + 120)


async def test_the_first_in_retry_keeps_its_time(store: Store) -> None:
    tried, newer = burst(FIRST, 0, 90)
    await accept(store, tried)
    (work,) = (await store.claim(SITE, now=NOW + 30, limit=1, room=ROOM, ordered=False)).work
    await store.settle(failed(work, due_at=NOW + 300))
    await accept(store, newer, at=newer.due_at)
    assert (await store.delivery(newer.id)).superseded_by == tried.id
    assert (await store.delivery(tried.id)).due_at == NOW + 300


@pytest.mark.parametrize("rule", [LAST, FIRST])
async def test_other_keys_and_targets_are_other_bursts(store: Store, rule: Coalesce) -> None:
    here, other_key, other_target = (
        a_delivery(SITE, "a", coalesce=rule),
        a_delivery(SITE, "a/b", coalesce=rule),
        a_delivery(SEARCH, "a", coalesce=rule),
    )
    await accept(store, here, other_key, other_target)
    assert await states(store, [here, other_key, other_target]) == [PENDING] * 3


@pytest.mark.parametrize(("rule", "kept"), [(LAST, -1), (FIRST, 0)])
async def test_events_that_come_in_at_once_are_one_burst(store: Store, rule: Coalesce, kept: int) -> None:
    deliveries = burst(rule, *range(20))
    await asyncio.gather(*(accept(store, delivery, at=delivery.due_at) for delivery in deliveries))
    found = await states(store, deliveries)
    assert found.pop(kept) is PENDING
    assert set(found) == {SUPERSEDED}
    assert (await store.delivery(deliveries[kept].id)).due_at == NOW + 49


async def test_deliveries_added_later_join_the_burst(store: Store) -> None:
    first, second = burst(LAST, 0, 10)
    event = await accept(store, first)
    assert list(await store.add_deliveries(event, [second])) == []
    assert await states(store, [first, second]) == [SUPERSEDED, PENDING]


async def test_a_burst_outlives_the_process(make_store: MakeStore) -> None:
    first, second = burst(LAST, 0, 95)
    for delivery in (first, second):
        store = make_store()
        await store.open()
        await accept(store, delivery, at=delivery.due_at)
        stored = await store.delivery(delivery.id)
        await store.close()
    assert (stored.state, stored.due_at) == (PENDING, NOW + 100)
