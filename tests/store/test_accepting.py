"""Events with their deliveries go in together, numbered in commit order."""

from __future__ import annotations

import asyncio

import pytest
from stores import NOW, ROOM, SEARCH, SITE, MakeStore, a_delivery, accept, all_deliveries, an_event, new_id

from cockpit_gateway import DeliveryState, EventStatus
from cockpit_gateway.errors import NotFoundError, StoreError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import EventFilter


async def test_an_event_comes_back_as_it_was_given(store: Store) -> None:
    event = an_event(
        name="singleton.saveData.after.a b",
        body=b'\x00\xff{"odd": "\xc3\xa9"}',
        label=None,
        hook=None,
        backend=None,
        subjects=("singletons/a%2Fb", "singletons/é"),
        status=EventStatus.WITHHELD,
        problem="a filter failed",
    )
    accepted = await store.accept(event, [])
    stored = await store.event(event.id)
    assert (accepted.event_id, accepted.duplicate, list(accepted.work)) == (event.id, False, [])
    assert stored.seq == 1
    for name in ("name", "source", "body", "received_at", "label", "hook", "backend", "subjects", "status", "problem"):
        assert getattr(stored, name) == getattr(event, name), name


async def test_deliveries_are_written_pending_or_leased(store: Store) -> None:
    pending, taken = a_delivery(SITE, "a/b", due_at=NOW + 7), a_delivery(SEARCH, leased=True)
    event = an_event()
    accepted = await store.accept(event, [pending, taken])
    stored = await store.delivery(pending.id)
    assert (stored.state, stored.key, stored.due_at, stored.attempts) == (DeliveryState.PENDING, "a/b", NOW + 7, 0)
    assert (stored.target_id, stored.event_id, stored.seq) == (SITE, event.id, 1)
    assert (stored.created_at, stored.ended_at, stored.reason) == (event.received_at, None, None)
    assert (await store.delivery(taken.id)).state is DeliveryState.RUNNING
    assert [work.delivery for work in accepted.work] == [await store.delivery(taken.id)]
    assert [work.event.seq for work in accepted.work] == [1]


async def test_what_is_leased_is_claimed_by_nobody(store: Store) -> None:
    await accept(store, a_delivery(leased=True))
    claimed = await store.claim(SITE, now=NOW + 1, limit=10, room=ROOM, ordered=False)
    assert (list(claimed.work), claimed.next_due) == ([], None)


async def test_seq_grows_in_the_order_of_the_calls(store: Store) -> None:
    events = [an_event() for _ in range(300)]
    await asyncio.gather(*(store.accept(event, [a_delivery()]) for event in events))
    found = await store.events(EventFilter(limit=1000))
    assert [event.id for event in reversed(found)] == [event.id for event in events]
    assert [event.seq for event in reversed(found)] == list(range(1, 301))


async def test_seq_goes_on_after_the_store_was_opened_again(make_store: MakeStore) -> None:
    seqs = []
    for _ in range(3):
        store = make_store()
        await store.open()
        seqs.append((await accept(store)).seq)
        await store.close()
    assert seqs == [1, 2, 3]


async def test_an_id_is_stored_once_and_its_neighbours_all_the_same(store: Store) -> None:
    first, others = an_event(), [an_event() for _ in range(5)]
    await store.accept(first, [])
    results = await asyncio.gather(
        *(store.accept(event, [a_delivery()]) for event in [*others[:2], first, *others[2:]]), return_exceptions=True
    )
    refused = results.pop(2)
    assert isinstance(refused, StoreError)
    assert not [result for result in results if isinstance(result, BaseException)]
    assert {event.id for event in await store.events(EventFilter())} == {first.id, *(event.id for event in others)}
    assert len(await all_deliveries(store)) == len(others)


async def test_nothing_remains_of_a_refused_event(store: Store) -> None:
    delivery = a_delivery()
    await accept(store, delivery)
    event = an_event()
    with pytest.raises(StoreError):
        await store.accept(event, [a_delivery(), delivery])
    with pytest.raises(NotFoundError, match=event.id):
        await store.event(event.id)
    assert len(await all_deliveries(store)) == 1
    assert (await accept(store)).seq > 1


async def test_a_value_that_does_not_fit_fails_alone(store: Store) -> None:
    good, bad = an_event(), an_event(backend=2**64)
    results = await asyncio.gather(store.accept(good, []), store.accept(bad, []), return_exceptions=True)
    assert isinstance(results[1], StoreError)
    assert [event.id for event in await store.events(EventFilter())] == [good.id]


async def test_deliveries_are_added_to_a_stored_event(store: Store) -> None:
    event = await accept(store, a_delivery())
    pending, taken = a_delivery(SEARCH), a_delivery(SEARCH, leased=True)
    work = await store.add_deliveries(event, [pending, taken])
    assert [item.delivery for item in work] == [await store.delivery(taken.id)]
    assert [item.event.id for item in work] == [event.id]
    assert (await store.delivery(pending.id)).seq == event.seq


async def test_deliveries_of_an_unknown_event_are_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.add_deliveries(an_event(seq=7), [a_delivery()])


async def test_a_caller_that_goes_away_does_not_undo_the_write(store: Store) -> None:
    event = an_event()
    waiting = asyncio.create_task(store.accept(event, []))
    await asyncio.sleep(0)
    waiting.cancel()
    await accept(store)
    assert (await store.event(event.id)).seq == 1


async def test_what_is_not_there_is_named(store: Store) -> None:
    missing = new_id()
    for reading in (store.event, store.delivery):
        with pytest.raises(NotFoundError, match=missing):
            await reading(missing)
    assert await store.attempts(missing) == []
