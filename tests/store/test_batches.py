"""`keep: list`: a burst's events go out together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from stores import NOW, ROOM, SITE, a_delivery, accept, all_deliveries, an_event, failed, ids, replay

from cockpit_gateway import DeliveryState, Event
from cockpit_gateway.deliveries import Work
from cockpit_gateway.store import coalescing
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import NewDelivery
from cockpit_gateway.targets import Coalesce

LIST = Coalesce(wait=30, max_wait=90, keep="list")
KEY = "collections/posts"


def new(at: float = NOW) -> NewDelivery:
    return a_delivery(SITE, KEY, at, coalesce=LIST)


async def burst(store: Store, count: int) -> tuple[list[Event], list[NewDelivery]]:
    deliveries = [new(NOW + number) for number in range(count)]
    return [await accept(store, delivery, at=NOW) for delivery in deliveries], deliveries


async def claimed(store: Store, now: float = NOW + 1000) -> Sequence[Work]:
    return (await store.claim(SITE, now=now, limit=10, room=ROOM, ordered=False)).work


async def test_the_newest_carries_all_of_them_oldest_first(store: Store) -> None:
    events, deliveries = await burst(store, 5)
    (work,) = await claimed(store)
    assert work.delivery.id == deliveries[-1].id
    assert ids(await store.batch(work.delivery.id)) == ids(events)
    assert work.delivery.size == sum(len(event.body) for event in events)


async def test_each_of_the_others_names_its_successor(store: Store) -> None:
    _, deliveries = await burst(store, 4)
    found = {delivery.id: delivery for delivery in await all_deliveries(store)}
    for older, newer in itertools.pairwise(deliveries):
        assert (found[older.id].state, found[older.id].superseded_by) == (DeliveryState.SUPERSEDED, newer.id)
        assert found[older.id].reason == "sent together with a newer event"


async def test_a_batch_in_retry_grows_and_one_that_runs_does_not(store: Store) -> None:
    (first,), _ = await burst(store, 1)
    (work,) = await claimed(store)
    second = await accept(store, new())
    await store.settle(failed(work))
    third = await accept(store, new())
    batches = [ids(await store.batch(found.delivery.id)) for found in await claimed(store)]
    assert sorted(batches) == sorted([[first.id], ids([second, third])])


async def test_a_full_batch_goes_at_once_and_a_new_one_begins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "LARGEST_BATCH", 3)
    events, _ = await burst(store, 4)
    (work,) = await claimed(store, now=NOW + 3)
    assert ids(await store.batch(work.delivery.id)) == ids(events[:3])
    (rest,) = await claimed(store)
    assert ids(await store.batch(rest.delivery.id)) == ids(events[3:])


async def test_bytes_bound_a_batch_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "LARGEST_BATCH_SIZE", 2 * len(an_event().body))
    events, _ = await burst(store, 3)
    batches = [ids(await store.batch(work.delivery.id)) for work in await claimed(store)]
    assert sorted(batches) == sorted([ids(events[:2]), ids(events[2:])])


async def test_a_replayed_batch_carries_the_same_events(store: Store) -> None:
    events, deliveries = await burst(store, 3)
    (work,) = await claimed(store)
    await store.release([work.delivery])
    await replay(store, deliveries[-1].id)
    assert ids(await store.batch(deliveries[-1].id)) == ids(events)
