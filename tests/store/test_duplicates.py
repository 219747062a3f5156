"""A repeated POST is recognised, also when both copies come in at once."""

from __future__ import annotations

import asyncio

from stores import NOW, MakeStore, a_delivery, all_deliveries, an_event

from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Duplicate, EventFilter

KEY = Duplicate("digest", NOW + 60)


async def test_a_repeated_event_is_not_written_again(store: Store) -> None:
    event = an_event()
    await store.accept(event, [a_delivery()], KEY)
    again = await store.accept(an_event(NOW + 59), [a_delivery(leased=True)], KEY)
    assert (again.event_id, again.duplicate, list(again.work)) == (event.id, True, [])
    assert [found.id for found in await store.events(EventFilter())] == [event.id]
    assert len(await all_deliveries(store)) == 1


async def test_copies_that_come_in_at_once_are_one_event(store: Store) -> None:
    events = [an_event() for _ in range(6)]
    results = await asyncio.gather(
        *(
            store.accept(event, [a_delivery(leased=True)], Duplicate(f"key {index % 2}", NOW + 60))
            for index, event in enumerate(events)
        )
    )
    assert [result.event_id for result in results] == [events[index % 2].id for index in range(6)]
    assert [result.duplicate for result in results] == [False, False, True, True, True, True]
    assert [len(result.work) for result in results] == [1, 1, 0, 0, 0, 0]
    assert len(await store.events(EventFilter())) == 2


async def test_after_the_window_it_is_a_new_event(store: Store) -> None:
    await store.accept(an_event(), [], KEY)
    later = an_event(NOW + 60)
    accepted = await store.accept(later, [], Duplicate("digest", NOW + 120))
    assert (accepted.event_id, accepted.duplicate) == (later.id, False)
    again = await store.accept(an_event(NOW + 119), [], Duplicate("digest", NOW + 179))
    assert again.event_id == later.id


async def test_an_event_without_a_key_repeats_nothing(store: Store) -> None:
    await store.accept(an_event(), [], KEY)
    assert not (await store.accept(an_event(), [])).duplicate


async def test_a_key_outlives_the_process(make_store: MakeStore) -> None:
    results = []
    for _ in range(2):
        store = make_store()
        await store.open()
        results.append(await store.accept(an_event(), [], KEY))
        await store.close()
    assert [result.duplicate for result in results] == [False, True]
    assert results[0].event_id == results[1].event_id
