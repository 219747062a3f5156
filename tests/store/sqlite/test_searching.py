"""A bounded list looks at so many rows and says where it goes on; page by page it finds what an unbounded one finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stores import NOW, SEARCH, SITE, a_delivery, an_event, died, ids

from cockpit_gateway import DeliveryState
from cockpit_gateway.store import steps
from cockpit_gateway.store.records import DeliveryFilter, EventFilter
from cockpit_gateway.store.sqlite.engine import SqliteStore

EVENTS = 60


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteStore]:
    """Return a store in which one in twenty events is special, and of which a search looks at seven at once."""
    monkeypatch.setattr(steps, "EVENTS_LOOKED_AT", 7)
    monkeypatch.setattr(steps, "DELIVERIES_LOOKED_AT", 7)
    opened = SqliteStore(tmp_path / "gateway.db")
    await opened.open()
    for number in range(EVENTS):
        rare = number % 20 == 5
        event = an_event(NOW + number, source="old" if rare else "new", subjects=("assets/1" if rare else "assets/2",))
        accepted = await opened.accept(event, [a_delivery(SITE), a_delivery(SEARCH, leased=True)])
        if rare or number % 3 == 0:
            await opened.settle(died(accepted.work[0]))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(subject="assets/1"),
        EventFilter(subject="assets/1", source="new"),
        EventFilter(source="old", name="collections.save.after"),
        EventFilter(subject="assets/1", since=NOW + 10, until=NOW + 50),
        EventFilter(subject="assets/1", limit=1),
    ],
)
async def test_events_are_found_page_by_page(store: SqliteStore, wanted: EventFilter) -> None:
    whole = await store.events(_changed(wanted, limit=1000))
    found, pages, before = [], 0, None
    while True:
        page = await store.events(_changed(wanted, before=before, bounded=True))
        found += page
        pages += 1
        assert (page.searched_to is not None) == (page.following is not None and len(page) < wanted.limit)
        if page.following is None:
            break
        before = page.following
    assert ids(found) == ids(whole)
    assert pages > 1


@pytest.mark.parametrize(
    "wanted",
    [
        DeliveryFilter(subject="assets/1"),
        DeliveryFilter(source="old"),
        DeliveryFilter(subject="assets/1", plugin="webhook", target="search"),
        DeliveryFilter(subject="assets/1", states=[DeliveryState.DEAD]),
        DeliveryFilter(source="old", states=[DeliveryState.DEAD], plugin="webhook", target="search"),
        DeliveryFilter(states=[DeliveryState.DEAD, DeliveryState.CANCELLED]),
        DeliveryFilter(states=[DeliveryState.RUNNING], target="site"),
        DeliveryFilter(subject="assets/1", limit=1),
    ],
)
async def test_deliveries_are_found_page_by_page(store: SqliteStore, wanted: DeliveryFilter) -> None:
    whole = await store.deliveries(_changed(wanted, limit=1000))
    found, before = [], None
    while True:
        page = await store.deliveries(_changed(wanted, before=before, bounded=True))
        found += page
        if page.following is None:
            break
        before = page.following
    assert ids(found) == ids(whole)


async def test_it_tells_how_far_back_it_has_looked(store: SqliteStore) -> None:
    events = await store.events(EventFilter(subject="assets/3", bounded=True))
    assert (events, events.following, events.searched_to) == ([], EVENTS - 6, NOW + EVENTS - 8)
    deliveries = await store.deliveries(DeliveryFilter(subject="assets/3", bounded=True))
    assert (deliveries, deliveries.searched_to) == ([], NOW + EVENTS - 8)


async def test_what_an_index_finds_is_no_search(store: SqliteStore) -> None:
    page = await store.events(EventFilter(source="old", bounded=True))
    assert (len(page), page.following) == (3, None)
    dead = await store.deliveries(
        DeliveryFilter(plugin="webhook", target="search", states=[DeliveryState.DEAD], bounded=True)
    )
    assert (len(dead), dead.following) == (20 + 2, None)


def _changed(wanted, **changes):  # type: ignore[no-untyped-def]
    return type(wanted)(**{name: getattr(wanted, name) for name in wanted.__slots__} | changes)
