"""Lists: newest first, narrowed, page by page."""

from __future__ import annotations

import asyncio

import pytest
from stores import NOW, SEARCH, SITE, a_delivery, accept, an_event, delivered, died, ids, leased

from cockpit_gateway import DeliveryState, EventStatus
from cockpit_gateway.store import steps
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.postgres import stretch as postgres_stretch
from cockpit_gateway.store.postgres.statements import compiled
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.store.sqlite import stretch as sqlite_stretch


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


async def test_a_page_says_where_the_next_one_goes_on(store: Store) -> None:
    for _ in range(5):
        await store.accept(an_event(), [a_delivery()])
    events = await store.events(EventFilter(limit=3))
    assert (events.following, events.searched_to) == (events[-1].seq, None)
    rest = await store.events(EventFilter(limit=3, before=events.following))
    assert (len(rest), rest.following) == (2, None)
    deliveries = await store.deliveries(DeliveryFilter(limit=3))
    rest_of_them = await store.deliveries(DeliveryFilter(limit=3, before=deliveries.following))
    assert ids([*deliveries, *rest_of_them]) == ids(await store.deliveries(DeliveryFilter()))
    assert rest_of_them.following is None


async def test_a_time_is_found_among_many_events(store: Store) -> None:
    for minute in range(0, 300, 7):
        await store.accept(an_event(NOW + 60 * minute), [a_delivery()])
    for since, until in ((None, 100), (100, None), (50, 51), (49, 56), (-5, 0), (295, 400), (0, 295), (120, 180)):
        period = {
            "since": None if since is None else NOW + 60 * since,
            "until": None if until is None else NOW + 60 * until,
        }
        low, high = -1000 if since is None else since, 1000 if until is None else until
        expected = [minute for minute in range(0, 300, 7) if low <= minute < high]
        events = await store.events(EventFilter(**period))
        assert [round((event.received_at - NOW) / 60) for event in events] == expected[::-1]
        deliveries = await store.deliveries(DeliveryFilter(**period))
        assert [delivery.event_id for delivery in deliveries] == ids(events)


async def test_a_time_is_found_though_events_overtook_each_other(store: Store) -> None:
    for number in range(100):
        await store.accept(an_event(NOW + 60 * number - 55 * (number % 2)), [])
    found = await store.events(EventFilter(since=NOW + 1800, until=NOW + 3600, limit=100))
    assert len(found) == 30


async def test_deliveries_are_narrowed_by_their_events(store: Store) -> None:
    for number in range(12):
        event = an_event(
            name=("a", "b", "c")[number % 3], source=("x", "y")[number % 2], subjects=(f"collections/{number % 4}",)
        )
        await store.accept(event, [a_delivery(SITE), a_delivery(SEARCH)])
    for narrow, expected in (
        ({"name": "a"}, 8),
        ({"source": "x"}, 12),
        ({"subject": "collections/1"}, 6),
        ({"name": "a", "source": "x"}, 4),
        ({"name": "a", "subject": "collections/0"}, 2),
        ({"name": "a", "target": "site"}, 4),
        ({"source": "x", "states": [DeliveryState.PENDING], "plugin": "webhook", "target": "search"}, 6),
        ({"name": "a", "states": [DeliveryState.PENDING, DeliveryState.DEAD]}, 8),
        ({"name": "d"}, 0),
    ):
        for bounded in (False, True):
            whole = await store.deliveries(DeliveryFilter(**narrow, bounded=bounded))
            assert len(whole) == expected, narrow
            assert [found.seq for found in whole] == sorted((found.seq for found in whole), reverse=True)
            first = await store.deliveries(DeliveryFilter(**narrow, limit=3, bounded=bounded))
            paged = [*first]
            while first.following is not None:
                first = await store.deliveries(
                    DeliveryFilter(**narrow, limit=3, before=first.following, bounded=bounded)
                )
                paged += first
            assert ids(paged) == ids(whole), narrow


async def test_a_page_holds_no_more_bodies_than_fit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (20, 30, 1000, 10, 20, 30):
        await store.accept(an_event(body=b"x" * size), [])
    monkeypatch.setattr(steps, "LIST_ROOM", 55)
    pages, before = [], None
    while not pages or before is not None:
        page = await store.events(EventFilter(before=before))
        pages.append([len(event.body) for event in page])
        before = page.following
    assert pages == [[30, 20, 10], [1000], [30, 20]]


async def test_events_may_go_while_those_of_a_time_are_looked_for(
    store: Store, three_events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest were there when the search for the time began."""
    extent = "SELECT 1, 1000"
    monkeypatch.setattr(sqlite_stretch, "EXTENT", extent)
    monkeypatch.setattr(postgres_stretch, "EXTENT", compiled(extent))
    assert ids(await store.events(EventFilter(since=NOW - 1, until=NOW + 1))) == three_events[::-1]
    assert ids(await store.events(EventFilter(since=NOW + 3600))) == []
