"""What is kept: not what is old, nor more than is wanted; but always what is to be delivered yet."""

from __future__ import annotations

import pytest
from stores import NOW, a_delivery, accept, all_deliveries, an_event, claim, delivered, died, leased

from cockpit_gateway import DeliveryState
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import EventFilter, Retention
from cockpit_gateway.targets import Coalesce

MONTH = Retention(age=30 * 86400.0, rows=None, size=2**40)
LATER = NOW + 31 * 86400.0


async def kept(store: Store) -> set[int]:
    return {event.seq for event in await store.events(EventFilter(limit=1000))}


async def prune(store: Store, retention: Retention, now: float, step: int = 3) -> int:
    """Prune step by step, to the end."""
    deleted, after = 0, 0
    while True:
        pruned = await store.prune(retention, now=now, after=after, step=step)
        deleted += pruned.events
        if pruned.last is None:
            return deleted
        after = pruned.last


async def test_old_events_go_with_everything_that_belongs_to_them(store: Store) -> None:
    for _ in range(5):
        work = await leased(store)
        await store.settle(delivered(work))
    work = await leased(store)
    await store.settle(died(work))
    await store.accept(an_event(), [])
    newer = await accept(store, at=LATER - 60)
    assert await prune(store, MONTH, LATER) == 7
    assert await kept(store) == {newer.seq}
    assert await all_deliveries(store) == []
    assert await store.attempts(work.delivery.id) == []
    assert (await accept(store, at=LATER)).seq == newer.seq + 1


async def test_what_is_to_be_delivered_is_kept(store: Store) -> None:
    pending = await accept(store, a_delivery())
    running = await leased(store)
    assert await prune(store, MONTH, LATER) == 0
    assert await kept(store) == {pending.seq, running.event.seq}
    assert len(await claim(store, now=NOW)) == 1
    await store.settle(delivered(running))
    assert await prune(store, MONTH, LATER) == 1


async def test_so_are_the_events_that_a_waiting_list_carries(store: Store) -> None:
    burst = Coalesce(60.0, 3600.0, "list")
    events = [await accept(store, a_delivery(key="posts/1", coalesce=burst)) for _ in range(4)]
    (waiting,) = [found for found in await all_deliveries(store) if found.state is DeliveryState.PENDING]
    assert await prune(store, MONTH, LATER) == 0
    assert [event.seq for event in await store.batch(waiting.id)] == [event.seq for event in events]
    (claimed,) = (await store.claim(waiting.target_id, now=LATER, limit=1, room=2**40, ordered=True)).work
    await store.settle(delivered(claimed))
    assert await prune(store, MONTH, LATER) == 4


@pytest.mark.parametrize("step", [1, 3, 100])
async def test_of_too_many_the_oldest_go(store: Store, step: int) -> None:
    events = [await accept(store, at=NOW + number) for number in range(10)]
    assert await prune(store, MONTH._replace(rows=4), NOW + 10, step) == 6
    assert await kept(store) == {event.seq for event in events[6:]}


async def test_of_too_much_the_oldest_go(store: Store) -> None:
    for number in range(60):
        await store.accept(an_event(NOW + number, body=b"x" * 100_000), [])
    assert await prune(store, MONTH._replace(size=2 * 2**20), NOW + 60) >= 30
    left = await kept(store)
    assert max(left) == 60
    assert left == set(range(min(left), 61))
    assert 10 <= len(left) <= 25
    while await store.shorten():
        pass
    assert await kept(store) == left


async def test_nothing_goes_from_an_empty_store(store: Store) -> None:
    assert await prune(store, MONTH, NOW) == 0
    assert not await store.shorten()
