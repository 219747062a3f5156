"""Attempts end: their rows, and where the deliveries go from there."""

from __future__ import annotations

import asyncio

from stores import NOW, ROOM, SITE, a_delivery, an_event, claim, delivered, died, failed, leased

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import Response
from cockpit_gateway.errors import LeaseLostError
from cockpit_gateway.store.port import Store


async def test_a_delivered_one_has_ended(store: Store) -> None:
    work = await leased(store)
    response = Response(200, (("Content-Type", "text/plain"), ("X-é", "ü")), b"\x00ok", truncated=True)
    settlement = delivered(work, response=response)
    await store.settle(settlement)
    stored = await store.delivery(work.delivery.id)
    assert (stored.state, stored.attempts, stored.reason) == (DeliveryState.DELIVERED, 1, None)
    assert stored.ended_at == settlement.attempt.started_at + settlement.attempt.duration
    assert await store.attempts(work.delivery.id) == [settlement.attempt]


async def test_a_failed_one_is_due_again(store: Store) -> None:
    work = await leased(store)
    await store.settle(failed(work, due_at=NOW + 5))
    stored = await store.delivery(work.delivery.id)
    assert (stored.state, stored.attempts, stored.due_at) == (DeliveryState.PENDING, 1, NOW + 5)
    assert (stored.ended_at, stored.reason) == (None, "busy")
    assert await claim(store, now=NOW + 4) == []
    assert await claim(store, now=NOW + 5) == [work.delivery.id]


async def test_a_dead_one_keeps_its_reason(store: Store) -> None:
    work = await leased(store)
    await store.settle(died(work))
    stored = await store.delivery(work.delivery.id)
    assert (stored.state, stored.reason) == (DeliveryState.DEAD, "gone")
    assert await claim(store, now=NOW + 1000) == []


async def test_attempts_are_listed_first_to_last(store: Store) -> None:
    work = await leased(store)
    await store.settle(failed(work, due_at=NOW))
    claimed = await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=False)
    assert claimed.work[0].delivery.attempts == 1
    await store.settle(delivered(claimed.work[0], number=2))
    assert [(attempt.number, attempt.outcome) for attempt in await store.attempts(work.delivery.id)] == [
        (1, "retry"),
        (2, "delivered"),
    ]


async def test_many_end_at_once(store: Store) -> None:
    accepted = await asyncio.gather(*(store.accept(an_event(), [a_delivery(leased=True)]) for _ in range(150)))
    works = [item.work[0] for item in accepted]
    settlements = [(delivered, failed, died)[index % 3](work) for index, work in enumerate(works)]
    await asyncio.gather(*map(store.settle, settlements))
    for settlement in settlements:
        stored = await store.delivery(settlement.delivery.id)
        assert (stored.state, stored.reason) == (settlement.state, settlement.reason)
        assert await store.attempts(settlement.delivery.id) == [settlement.attempt]


async def test_what_is_not_leased_cannot_end(store: Store) -> None:
    works = [await leased(store) for _ in range(3)]
    await store.release([works[1].delivery])
    results = await asyncio.gather(*(store.settle(delivered(work)) for work in works), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), LeaseLostError, type(None)]
    assert works[1].delivery.id in str(results[1])
    assert await store.attempts(works[1].delivery.id) == []
    assert (await store.delivery(works[1].delivery.id)).state is DeliveryState.PENDING


async def test_a_mark_changes_nothing_that_is_listed(store: Store) -> None:
    work = await leased(store)
    store.mark_begun(work.delivery)
    await store.settle(delivered(work))
    assert (await store.delivery(work.delivery.id)).state is DeliveryState.DELIVERED
