"""Ordered claims: one delivery of a lane at a time, oldest first, and barriers above and below."""

from __future__ import annotations

import lanes
import pytest
from fuzzing import examples
from hypothesis import HealthCheck, given
from stores import NOW, ROOM, SITE, a_delivery, accept, claim, died, failed, new_id, replay

from cockpit_gateway.store.port import Store

POSTS, POST_1, POST_2 = "collections/posts", "collections/posts/1", "collections/posts/2"


@examples(100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=lanes.histories)
async def test_claims_are_those_of_the_model(store: Store, history: list[lanes.Step]) -> None:
    await lanes.Run(store).go_through(history)


async def test_lanes_run_side_by_side_and_each_keeps_its_order(store: Store) -> None:
    first, other, second = a_delivery(key=POST_1), a_delivery(key=POST_2), a_delivery(key=POST_1)
    for delivery in (first, other, second):
        await accept(store, delivery)
    claimed = await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)
    assert [work.delivery.id for work in claimed.work] == [first.id, other.id]
    assert claimed.next_due is None
    await store.settle(died(claimed.work[0]))
    assert await claim(store, ordered=True) == [second.id]


async def test_a_remove_waits_for_saves_below_it_and_holds_back_later_ones(store: Store) -> None:
    save, remove, later = a_delivery(key=POST_1), a_delivery(key=POSTS), a_delivery(key=POST_2)
    for delivery in (save, remove, later):
        await accept(store, delivery)
    (work,) = (await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)).work
    assert work.delivery.id == save.id
    await store.settle(died(work))
    (work,) = (await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)).work
    assert work.delivery.id == remove.id
    await store.settle(died(work))
    assert await claim(store, ordered=True) == [later.id]


async def test_a_head_in_retry_holds_its_followers_and_says_when_it_is_due(store: Store) -> None:
    head, follower = a_delivery(key=POST_1), a_delivery(key=POST_1)
    await accept(store, head)
    await accept(store, follower)
    (work,) = (await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)).work
    await store.settle(failed(work, due_at=NOW + 5))
    claimed = await store.claim(SITE, now=NOW + 1, limit=10, room=ROOM, ordered=True)
    assert (list(claimed.work), claimed.next_due) == ([], NOW + 5)
    assert await claim(store, now=NOW + 5, ordered=True) == [head.id]


async def test_what_holds_a_delivery_back_is_told(store: Store) -> None:
    save, other, remove, later = (a_delivery(key=key) for key in (POST_1, POST_2, POSTS, POST_2))
    for delivery in (save, other, remove, later):
        await accept(store, delivery)
    found = [await store.held_back_by(delivery.id) for delivery in (save, other, remove, later)]
    assert [holder and holder.id for holder in found] == [None, None, save.id, other.id]
    assert await store.held_back_by(new_id()) is None


async def test_names_that_only_begin_alike_are_no_barrier(store: Store) -> None:
    deliveries = [a_delivery(key=key) for key in ("posts", "posts-old", "posts0", "postscript/1")]
    for delivery in deliveries:
        await accept(store, delivery)
    assert await claim(store, ordered=True) == [delivery.id for delivery in deliveries]


@pytest.mark.parametrize(("replayed", "under_way"), [(POST_1, POST_1), (POSTS, POST_1), (POST_1, POSTS)])
async def test_an_older_one_replayed_waits_for_the_one_under_way(store: Store, replayed: str, under_way: str) -> None:
    older, newer = a_delivery(key=replayed), a_delivery(key=under_way)
    await accept(store, older)
    await accept(store, newer)
    (work,) = (await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)).work
    await store.settle(died(work))
    (running,) = (await store.claim(SITE, now=NOW, limit=10, room=ROOM, ordered=True)).work
    await replay(store, older.id)
    assert await claim(store, ordered=True) == []
    await store.settle(died(running))
    assert await claim(store, ordered=True) == [older.id]


async def test_one_without_a_key_waits_for_none(store: Store) -> None:
    keyed, keyless = a_delivery(key=POST_1), a_delivery()
    await accept(store, keyed, keyless)
    assert await claim(store, ordered=True) == [keyed.id, keyless.id]
