"""Lists: newest first, narrowed, page by page."""

from __future__ import annotations

import asyncio

import pytest
from stores import SEARCH, SITE, a_delivery, accept, an_event, delivered, died, ids, leased

from cockpit_gateway import DeliveryState, EventStatus
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import DeliveryFilter, EventFilter


@pytest.fixture
async def three_events(store: Store) -> list[str]:
    """Store three different events, and return their ids."""
    events = [
        an_event(name="collections.save.after", source="website", subjects=("collections/posts/1",)),
        an_event(name="collections.remove.after", source="shop", subjects=("collections/posts",)),
        an_event(name="", source="shop", subjects=("assets/1", "assets/2"), status=EventStatus.UNDECODABLE),
    ]
    for event in events:
        await store.accept(event, [])
    return [event.id for event in events]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EventFilter(), [2, 1, 0]),
        (EventFilter(name="collections.save.after"), [0]),
        (EventFilter(name=""), [2]),
        (EventFilter(source="shop"), [2, 1]),
        (EventFilter(status=EventStatus.UNDECODABLE), [2]),
        (EventFilter(status=EventStatus.ACCEPTED), [1, 0]),
        (EventFilter(status=EventStatus.DROPPED), []),
        (EventFilter(subject="collections/posts"), [1, 0]),
        (EventFilter(subject="collections"), [1, 0]),
        (EventFilter(subject="collections/posts/1"), [0]),
        (EventFilter(subject="collections/post"), []),
        (EventFilter(subject="collections/p_sts"), []),
        (EventFilter(subject="assets/2"), [2]),
        (EventFilter(source="shop", subject="collections"), [1]),
        (EventFilter(limit=2), [2, 1]),
        (EventFilter(before=3, limit=1), [1]),
        (EventFilter(before=2), [0]),
    ],
)
async def test_events_are_narrowed(
    store: Store, three_events: list[str], wanted: EventFilter, expected: list[int]
) -> None:
    assert ids(await store.events(wanted)) == [three_events[index] for index in expected]


async def test_deliveries_are_narrowed(store: Store) -> None:
    pending, elsewhere = a_delivery(SITE), a_delivery(SEARCH)
    event = await accept(store, pending, elsewhere)
    works = [await leased(store) for _ in range(3)]
    await store.settle(died(works[0]))
    await store.settle(delivered(works[1]))
    died_id, delivered_id, running_id = [work.delivery.id for work in works]
    for wanted, expected in (
        (DeliveryFilter(), [running_id, delivered_id, died_id, elsewhere.id, pending.id]),
        (DeliveryFilter(plugin="webhook", target="site"), [running_id, delivered_id, died_id, pending.id]),
        (DeliveryFilter(plugin="webhook"), [running_id, delivered_id, died_id, elsewhere.id, pending.id]),
        (DeliveryFilter(target="search"), [elsewhere.id]),
        (DeliveryFilter(plugin="other", target="site"), []),
        (DeliveryFilter(states=[DeliveryState.PENDING]), [elsewhere.id, pending.id]),
        (DeliveryFilter(states=[DeliveryState.DEAD]), [died_id]),
        (DeliveryFilter(states=[DeliveryState.DELIVERED]), [delivered_id]),
        (DeliveryFilter(states=[DeliveryState.CANCELLED]), []),
        (DeliveryFilter(event_id=event.id), [elsewhere.id, pending.id]),
        (DeliveryFilter(event_id=event.id, target="site", states=[DeliveryState.PENDING]), [pending.id]),
        (DeliveryFilter(event_id="unknown"), []),
        (DeliveryFilter(limit=1), [running_id]),
        (DeliveryFilter(before=died_id), [elsewhere.id, pending.id]),
        (DeliveryFilter(before=elsewhere.id, states=[DeliveryState.PENDING]), [pending.id]),
        (DeliveryFilter(before=running_id, plugin="webhook", target="site", limit=1), [delivered_id]),
    ):
        assert ids(await store.deliveries(wanted)) == expected, wanted


async def test_pages_follow_each_other_without_gap_while_events_come_in(store: Store) -> None:
    for _ in range(25):
        await store.accept(an_event(), [a_delivery()])
    listed = ids(await store.deliveries(DeliveryFilter()))
    paged: list[str] = []
    while True:
        before = paged[-1] if paged else None
        page = await store.deliveries(DeliveryFilter(before=before, limit=10))
        await store.accept(an_event(), [a_delivery()])
        if not page:
            break
        paged += ids(page)
    assert paged == listed


async def test_a_read_sees_every_event_up_to_some_commit(store: Store) -> None:
    async def write() -> None:
        for _ in range(50):
            await accept(store, a_delivery())

    async def read() -> None:
        for _ in range(50):
            seqs = [event.seq for event in await store.events(EventFilter(limit=1000))]
            assert seqs == list(range(len(seqs), 0, -1))

    await asyncio.gather(write(), *(read() for _ in range(4)))
    assert len(await store.events(EventFilter(limit=1000))) == 50
