"""Claims without order, and leases given back."""

from __future__ import annotations

import asyncio

from stores import NOW, ROOM, SEARCH, SITE, MakeStore, a_delivery, accept, claim, delivered, failed, leased

from cockpit_gateway import DeliveryState
from cockpit_gateway.store.port import Store


async def test_oldest_due_first_and_no_more_than_asked_for(store: Store) -> None:
    late, early, same = a_delivery(due_at=NOW - 1), a_delivery(due_at=NOW - 2), a_delivery(due_at=NOW - 1)
    for delivery in (late, early, same):
        await accept(store, delivery)
    claimed = await store.claim(SITE, now=NOW, limit=2, room=ROOM, ordered=False)
    assert [work.delivery.id for work in claimed.work] == [early.id, late.id]
    assert claimed.next_due == NOW - 1
    assert await claim(store) == [same.id]


async def test_the_work_is_complete(store: Store) -> None:
    delivery = a_delivery(key="a")
    event = await accept(store, delivery)
    (work,) = (await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=False)).work
    assert work.event == event
    assert work.delivery == await store.delivery(delivery.id)
    assert work.delivery.state is DeliveryState.RUNNING


async def test_what_is_not_due_waits(store: Store) -> None:
    await accept(store, a_delivery(due_at=NOW + 0.001))
    claimed = await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=False)
    assert (list(claimed.work), claimed.next_due) == ([], NOW + 0.001)


async def test_nothing_is_due_where_nothing_is_pending(store: Store) -> None:
    claimed = await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=False)
    assert (list(claimed.work), claimed.next_due) == ([], None)


async def test_targets_do_not_mix(store: Store) -> None:
    here, there = a_delivery(SITE), a_delivery(SEARCH)
    await accept(store, here, there)
    assert await claim(store, SITE) == [here.id]
    assert await claim(store, SEARCH) == [there.id]


async def test_two_claims_never_share(store: Store) -> None:
    await asyncio.gather(*(accept(store, a_delivery()) for _ in range(30)))
    found = await asyncio.gather(*(claim(store, limit=4) for _ in range(10)))
    assert max(len(part) for part in found) == 4
    taken = [delivery_id for part in found for delivery_id in part]
    assert len(set(taken)) == len(taken) == 30


async def test_what_is_given_back_is_due_at_once(store: Store) -> None:
    works = [await leased(store) for _ in range(3)]
    await store.settle(failed(works[0], due_at=NOW - 3))
    (again,) = (await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=False)).work
    await store.release([again.delivery, works[1].delivery])
    stored = await store.delivery(again.delivery.id)
    assert (stored.state, stored.attempts) == (DeliveryState.PENDING, 1)
    assert await claim(store) == [again.delivery.id, works[1].delivery.id]


async def test_what_has_ended_is_not_given_back(store: Store) -> None:
    work = await leased(store)
    await store.settle(delivered(work))
    await store.release([work.delivery])
    assert (await store.delivery(work.delivery.id)).state is DeliveryState.DELIVERED


async def test_closing_gives_every_lease_back(make_store: MakeStore) -> None:
    first, second = make_store(), make_store()
    await first.open()
    work = await leased(first)
    first.mark_begun(work.delivery)
    await first.heartbeat(60)
    await first.close()
    await second.open()
    assert await claim(second) == [work.delivery.id]
    await second.close()


async def test_a_heartbeat_keeps_leases(store: Store) -> None:
    work = await leased(store)
    await store.heartbeat(60)
    await store.heartbeat(120)
    assert await claim(store, now=NOW + 90) == []
    assert (await store.delivery(work.delivery.id)).state is DeliveryState.RUNNING
