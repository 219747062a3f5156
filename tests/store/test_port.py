"""What every engine promises."""

from __future__ import annotations

import asyncio

import pytest
from stores import NOW, TARGET, event, planned, settled

from cockpit_gateway import Coalesce, DeliveryState, EventStatus, Response
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import NotFoundError, StoreError, StoreUnavailableError
from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import DeliveryFilter, Duplicate, EventFilter, Store

OTHER = TargetId("search", "collections_save_after")


async def accept_due(store: Store, *keys: str | None, target: TargetId = TARGET) -> list[str]:
    """Write an event with one pending delivery per key, and return the deliveries' ids."""
    deliveries = [planned(target, key=key) for key in keys]
    for delivery in deliveries:
        await store.accept(event(), [delivery])
    return [delivery.id for delivery in deliveries]


async def claim(store: Store, *, now: float = NOW, limit: int = 100, ordered: bool = False) -> list[str]:
    return [work.delivery.id for work in (await store.claim(TARGET, now=now, limit=limit, ordered=ordered)).work]


async def test_an_event_comes_back_as_it_went_in(store: Store) -> None:
    before = event(label="all", hook="Über", backend=1, subjects=("assets/1", "assets/2"), body=b'{"args":["\\u0000"]}')
    await store.accept(before, [])
    after = await store.event(before.id)
    assert (after.seq, after.args) == (1, ["\0"])
    for name in ("id", "name", "source", "label", "hook", "backend", "subjects", "body", "status", "received_at"):
        assert getattr(after, name) == getattr(before, name)


async def test_seq_is_the_order_of_acceptance(store: Store) -> None:
    events = [event() for _ in range(100)]
    await asyncio.gather(*(store.accept(item, []) for item in events))
    listed = await store.events(EventFilter(limit=1000))
    assert [item.id for item in reversed(listed)] == [item.id for item in events]
    assert [item.seq for item in listed] == list(range(100, 0, -1))


async def test_leased_deliveries_are_handed_over_and_nobody_else_gets_them(store: Store) -> None:
    accepted = await store.accept(event(), [planned(leased=True), planned(OTHER)])
    (work,) = accepted.work
    assert work.delivery.state is DeliveryState.RUNNING
    assert work.event.seq == work.delivery.seq == 1
    assert await claim(store) == []
    assert (await store.delivery(work.delivery.id)).state is DeliveryState.RUNNING


async def test_a_delivery_is_claimed_once_when_it_is_due(store: Store) -> None:
    await store.accept(event(), [planned(due_at=NOW + 10)])
    early = await store.claim(TARGET, now=NOW + 9, limit=10, ordered=False)
    assert (early.work, early.next_due) == ([], NOW + 10)
    due = await store.claim(TARGET, now=NOW + 10, limit=10, ordered=False)
    assert (len(due.work), due.next_due) == (1, None)
    assert await claim(store, now=NOW + 20) == []


async def test_claims_keep_to_their_target_and_limit_oldest_first(store: Store) -> None:
    ids = await accept_due(store, None, None, None)
    await accept_due(store, None, target=OTHER)
    claimed = await store.claim(TARGET, now=NOW, limit=2, ordered=False)
    assert [work.delivery.id for work in claimed.work] == ids[:2]
    assert claimed.next_due == NOW


async def test_a_settled_attempt_is_kept_with_its_answer(store: Store) -> None:
    (work,) = (await store.accept(event(), [planned(leased=True)])).work
    answer = Response(503, (("Retry-After", "5"), ("X", "é")), b"\0busy", truncated=True)
    store.mark_begun(work.delivery)
    await store.settle(settled(work.delivery, DeliveryState.PENDING, due_at=NOW + 5, reason="busy", response=answer))
    (again,) = (await store.claim(TARGET, now=NOW + 5, limit=1, ordered=False)).work
    assert (again.delivery.attempts, again.delivery.reason) == (1, "busy")
    await store.settle(settled(again.delivery, due_at=NOW + 6))
    delivery = await store.delivery(work.delivery.id)
    assert (delivery.state, delivery.attempts, delivery.ended_at) == (DeliveryState.DELIVERED, 2, NOW + 6)
    first, second = await store.attempts(delivery.id)
    assert (first.number, first.reason, first.response) == (1, "busy", answer)
    assert (second.number, second.response, second.duration) == (2, None, 0.25)


async def test_released_deliveries_are_due_at_once(store: Store) -> None:
    (work,) = (await store.accept(event(), [planned(leased=True)])).work
    await store.release([work.delivery])
    claimed = await store.claim(TARGET, now=2 * NOW, limit=1, ordered=False)
    assert [again.delivery.attempts for again in claimed.work] == [0]


async def test_a_put_back_delivery_starts_a_fresh_schedule_and_keeps_its_history(store: Store) -> None:
    (work,) = (await store.accept(event(), [planned(leased=True)])).work
    with pytest.raises(StoreError, match="is running"):
        await store.requeue(work.delivery.id, now=NOW)
    await store.settle(settled(work.delivery, DeliveryState.DEAD, reason="gone"))
    put_back = await store.requeue(work.delivery.id, now=NOW + 100)
    assert (put_back.state, put_back.due_at, put_back.ended_at) == (DeliveryState.PENDING, NOW + 100, None)
    assert (put_back.attempts, put_back.fresh_from) == (1, 1)
    (again,) = (await store.claim(TARGET, now=NOW + 100, limit=1, ordered=False)).work
    await store.settle(settled(again.delivery))
    assert len(await store.attempts(work.delivery.id)) == 2


async def test_what_does_not_exist_is_not_found(store: Store) -> None:
    for call in (store.event("x"), store.delivery("x"), store.requeue("x", now=NOW)):
        with pytest.raises(NotFoundError):
            await call
    with pytest.raises(NotFoundError):
        await store.set_disabled(TARGET, disabled=True, reason=None, now=NOW)


async def test_a_repeated_post_is_one_event_until_the_window_ends(store: Store) -> None:
    key = Duplicate("digest", NOW + 300)
    first, repeated, later = event(), event(), event(received_at=NOW + 301)
    results = await asyncio.gather(
        store.accept(first, [planned(leased=True)], key), store.accept(repeated, [planned(leased=True)], key)
    )
    assert [(result.event_id, result.duplicate, len(result.work)) for result in results] == [
        (first.id, False, 1),
        (first.id, True, 0),
    ]
    assert not (await store.accept(later, [], Duplicate("digest", NOW + 600))).duplicate
    assert len(await store.events(EventFilter())) == 2


async def test_order_is_kept_within_a_key_only(store: Store) -> None:
    one, two, other = await accept_due(store, "a/1", "a/1", "a/2")
    assert await claim(store, ordered=True) == [one, other]
    assert await claim(store, ordered=True) == []
    await store.settle(settled(await store.delivery(one)))
    assert await claim(store, ordered=True) == [two]


async def test_a_retrying_head_holds_its_followers_back(store: Store) -> None:
    head, follower = await accept_due(store, "a/1", "a/1")
    (work,) = (await store.claim(TARGET, now=NOW, limit=1, ordered=True)).work
    await store.settle(settled(work.delivery, DeliveryState.PENDING, due_at=NOW + 60, reason="busy"))
    waiting = await store.claim(TARGET, now=NOW + 1, limit=10, ordered=True)
    assert (waiting.work, waiting.next_due) == ([], NOW + 60)
    assert await claim(store, now=NOW + 60, ordered=True) == [head]
    await store.settle(settled(await store.delivery(head), DeliveryState.DEAD, reason="no"))
    assert await claim(store, now=NOW + 60, ordered=True) == [follower]


async def test_a_key_above_another_is_a_barrier_both_ways(store: Store) -> None:
    save, remove, later, aside = await accept_due(store, "a/1", "a", "a/2", "ab")
    assert await claim(store, ordered=True) == [save, aside]
    await store.settle(settled(await store.delivery(save)))
    assert await claim(store, ordered=True) == [remove]
    assert await claim(store, ordered=True) == []
    await store.settle(settled(await store.delivery(remove)))
    assert await claim(store, ordered=True) == [later]


async def test_the_empty_key_stands_for_the_whole_target(store: Store) -> None:
    first, whole, last = await accept_due(store, "a/1", "", "b")
    assert await claim(store, ordered=True) == [first]
    await store.settle(settled(await store.delivery(first)))
    assert await claim(store, ordered=True) == [whole]
    await store.settle(settled(await store.delivery(whole)))
    assert await claim(store, ordered=True) == [last]


async def burst(store: Store, rule: Coalesce, *offsets: float) -> list[str]:
    deliveries = [planned(key="a", due_at=NOW + offset, coalesce=rule) for offset in offsets]
    for delivery in deliveries:
        await store.accept(event(received_at=delivery.due_at), [delivery])
    return [delivery.id for delivery in deliveries]


async def test_the_last_of_a_burst_supersedes_the_others(store: Store) -> None:
    first, second, third = await burst(store, Coalesce(10, 25), 0, 8, 16)
    superseded = [await store.delivery(first), await store.delivery(second)]
    assert [(found.state, found.superseded_by) for found in superseded] == [
        (DeliveryState.SUPERSEDED, second),
        (DeliveryState.SUPERSEDED, third),
    ]
    assert (await store.delivery(third)).due_at == NOW + 25


async def test_the_first_of_a_burst_absorbs_the_others(store: Store) -> None:
    first, second = await burst(store, Coalesce(10, 60, "first"), 0, 8)
    assert (await store.delivery(second)).superseded_by == first
    assert (await store.delivery(first)).due_at == NOW + 18


async def test_a_running_delivery_is_never_superseded(store: Store) -> None:
    rule = Coalesce(10, 60)
    (running,) = await burst(store, rule, 0)
    assert await claim(store, now=NOW + 10) == [running]
    (newer,) = await burst(store, rule, 11)
    assert (await store.delivery(running)).state is DeliveryState.RUNNING
    assert (await store.delivery(newer)).due_at == NOW + 21


async def test_bursts_of_other_keys_and_targets_are_apart(store: Store) -> None:
    rule = Coalesce(10, 60)
    deliveries = [
        planned(key="a", coalesce=rule),
        planned(key="b", coalesce=rule),
        planned(OTHER, key="a", coalesce=rule),
    ]
    await store.accept(event(), deliveries)
    states = {(await store.delivery(delivery.id)).state for delivery in deliveries}
    assert states == {DeliveryState.PENDING}


async def test_targets_remember_that_they_are_disabled_until_their_fingerprint_changes(store: Store) -> None:
    await store.set_targets({TARGET: "old", OTHER: ""})
    await store.set_disabled(TARGET, disabled=True, reason="410", now=NOW)
    (state,) = [found for found in await store.set_targets({TARGET: "old"}) if found.target_id == TARGET]
    assert (state.disabled, state.reason, state.changed_at) == (True, "410", NOW)
    await store.set_targets({TARGET: "new"})
    assert not any(found.disabled for found in await store.target_states())


async def test_the_backlog_is_what_is_pending(store: Store) -> None:
    await accept_due(store, None, None)
    await store.accept(event(), [planned(leased=True), planned(OTHER, due_at=NOW + 5)])
    backlog = await store.backlog()
    assert {target: (found.pending, found.next_due) for target, found in backlog.items()} == {
        TARGET: (2, NOW),
        OTHER: (1, NOW + 5),
    }
    totals = await store.totals()
    assert totals.events == {EventStatus.ACCEPTED: 3}
    assert totals.deliveries[TARGET, DeliveryState.RUNNING] == 1


async def test_lists_are_filtered_and_paged_newest_first(store: Store) -> None:
    await store.accept(event("a", subjects=("collections/posts/1",)), [planned(leased=True)])
    await store.accept(event("b", source="shop", subjects=("collections/posts",)), [planned(OTHER)])
    await store.accept(event("c", subjects=("collections/postscript",), status=EventStatus.DROPPED), [])

    async def names(**wanted: object) -> list[str]:
        return [found.name for found in await store.events(EventFilter(**wanted))]  # type: ignore[arg-type]

    assert await names() == ["c", "b", "a"]
    assert await names(limit=2) == ["c", "b"]
    assert await names(before=2) == ["a"]
    assert await names(source="shop") == ["b"]
    assert await names(name="a") == ["a"]
    assert await names(status=EventStatus.DROPPED) == ["c"]
    assert await names(subject="collections/posts") == ["b", "a"]
    newest, oldest = await store.deliveries(DeliveryFilter())
    assert [newest.target_id, oldest.target_id] == [OTHER, TARGET]
    assert await store.deliveries(DeliveryFilter(before=newest.id)) == [oldest]
    assert await store.deliveries(DeliveryFilter(plugin="search", target=OTHER.target)) == [newest]
    assert await store.deliveries(DeliveryFilter(state=DeliveryState.RUNNING)) == [oldest]
    assert await store.deliveries(DeliveryFilter(event_id=newest.event_id)) == [newest]


async def test_everything_is_there_after_a_restart_and_leases_are_given_back(store_url: str) -> None:
    store = open_store(store_url)
    await store.open()
    before = event()
    (work,) = (await store.accept(before, [planned(leased=True)])).work
    await store.close()
    store = open_store(store_url)
    await store.open()
    assert (await store.event(before.id)).seq == 1
    assert [again.delivery.id for again in (await store.claim(TARGET, now=2 * NOW, limit=9, ordered=False)).work] == [
        work.delivery.id
    ]
    assert (await store.accept(event(), [])).event_id
    assert [found.seq for found in await store.events(EventFilter())] == [2, 1]
    await store.close()


async def test_a_closed_store_refuses(store_url: str) -> None:
    store = open_store(store_url)
    with pytest.raises(StoreUnavailableError):
        await store.accept(event(), [])
    await store.open()
    await store.close()
    for call in (store.accept(event(), []), store.events(EventFilter()), store.heartbeat(NOW)):
        with pytest.raises(StoreUnavailableError):
            await call
