"""A delivery that kills the process is found: all that was begun is suspected, the one tried alone is blamed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from store_data import die
from stores import NOW, ROOM, SITE, MakeStore, a_delivery, accept, delivered, ids

from cockpit_gateway import Delivery, DeliveryState
from cockpit_gateway.deliveries import Work
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import MOST_CRASHES, Opened


async def life(make_store: MakeStore, work: Callable[[Store, Opened], Awaitable[object]], *, dies: bool = True) -> None:
    """Open the store, do something, and die or close it."""
    store = make_store()
    opened = await store.open()
    await store.heartbeat(60)
    await work(store, opened)
    if dies:
        await die(store)
    else:
        await store.close()


async def begun(store: Store, count: int, *, alone: bool = False) -> list[Delivery]:
    work = (await store.claim(SITE, now=NOW, limit=count, room=ROOM, ordered=False)).work
    for item in work:
        await store.begin(item.delivery, alone=alone)
    return [item.delivery for item in work]


async def test_what_was_begun_when_the_process_died_is_suspected(make_store: MakeStore) -> None:
    deliveries = [a_delivery() for _ in range(4)]

    async def first(store: Store, opened: Opened) -> None:
        assert not opened.unclean
        await accept(store, *deliveries)
        await begun(store, 2)

    async def second(store: Store, opened: Opened) -> None:
        assert (opened.unclean, opened.parked) == (True, [])
        assert set(await store.suspects()) == set(ids(deliveries[:2]))  # type: ignore[arg-type]
        assert (await store.leased(deliveries[0].id)).delivery.state is DeliveryState.RUNNING

    await life(make_store, first)
    await life(make_store, second, dies=False)


async def test_a_clean_end_leaves_no_suspects(make_store: MakeStore) -> None:
    async def first(store: Store, _: Opened) -> None:
        await accept(store, a_delivery(), a_delivery())
        await begun(store, 2)

    async def second(store: Store, opened: Opened) -> None:
        assert not opened.unclean
        assert await store.suspects() == []

    await life(make_store, first, dies=False)
    await life(make_store, second, dies=False)


async def test_the_one_that_was_tried_alone_is_given_up_in_the_end(make_store: MakeStore) -> None:
    innocent, guilty = a_delivery(), a_delivery()

    async def first(store: Store, _: Opened) -> None:
        await accept(store, innocent, guilty)
        await begun(store, 2)

    async def tried_alone(store: Store, opened: Opened) -> None:
        assert opened.parked == []
        await store.suspects()
        await store.begin((await store.leased(guilty.id)).delivery, alone=True)

    async def last(store: Store, opened: Opened) -> None:
        assert ids(opened.parked) == ([] if store.shared else [guilty.id])
        found = await store.delivery(guilty.id)
        assert (found.state, (found.reason or "")[:9]) == (DeliveryState.DEAD, "crashes: ")
        assert await store.suspects() == [innocent.id]

    await life(make_store, first)
    for _ in range(MOST_CRASHES - 1):
        await life(make_store, tried_alone)
    await life(make_store, last, dies=False)


@pytest.mark.parametrize("end", ["cleared", "settled"])
async def test_one_that_the_process_outlived_is_no_suspect_any_more(make_store: MakeStore, end: str) -> None:
    delivery = a_delivery()

    async def first(store: Store, _: Opened) -> None:
        await accept(store, delivery)
        await begun(store, 1)

    async def second(store: Store, _: Opened) -> None:
        await store.suspects()
        work: Work = await store.leased(delivery.id)
        await store.begin(work.delivery, alone=True)
        store.clear(work.delivery)
        if end == "settled":
            await store.settle(delivered(work))

    async def third(store: Store, _: Opened) -> None:
        assert await store.suspects() == []

    await life(make_store, first)
    await life(make_store, second, dies=False)
    await life(make_store, third, dies=False)
