"""Replaying and cancelling: previews, steps, and what they leave alone."""

from __future__ import annotations

import pytest
from stores import (
    NOW,
    ROOM,
    SEARCH,
    SITE,
    a_delivery,
    accept,
    all_deliveries,
    an_event,
    claim,
    delivered,
    died,
    failed,
    leased,
    new_id,
    replay,
)

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store import steps
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Cursor, DeliveryFilter, NewDelivery, Tally
from cockpit_gateway.targets import Coalesce

PENDING, RUNNING, DELIVERED, DEAD, SUPERSEDED, CANCELLED = (
    DeliveryState.PENDING,
    DeliveryState.RUNNING,
    DeliveryState.DELIVERED,
    DeliveryState.DEAD,
    DeliveryState.SUPERSEDED,
    DeliveryState.CANCELLED,
)
DEAD_LETTERS = DeliveryFilter(states=[DEAD])


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step change two deliveries, and look at three."""
    monkeypatch.setattr(steps, "DELIVERIES", 2)
    monkeypatch.setattr(steps, "WINDOW", 3)


async def ended(store: Store, end: object, **event: object) -> str:
    """Accept an event with one delivery that ends, and return the delivery's id."""
    target_id = event.pop("target_id", SITE)
    new = a_delivery(target_id, leased=True)  # type: ignore[arg-type]
    (work,) = (await store.accept(an_event(**event), [new])).work  # type: ignore[arg-type]
    await store.settle(end(work))  # type: ignore[operator]
    return new.id


async def walk(store: Store, wanted: DeliveryFilter, *, new_ids: bool = False) -> list[tuple[int, int]]:
    """Replay step by step; returns how many each step has changed and skipped."""
    steps: list[tuple[int, int]] = []
    cursor: Cursor | None = None
    while not steps or cursor is not None:
        step = await store.replay(wanted, now=NOW + 9, cursor=cursor, new_ids=new_ids)
        steps.append((step.changed, step.skipped))
        cursor = step.following
    return steps


@pytest.mark.parametrize("end", [delivered, died, failed])
async def test_one_is_replayed_on_a_fresh_schedule(store: Store, end: object) -> None:
    delivery_id = await ended(store, end)
    await replay(store, delivery_id, now=NOW + 9)
    replayed = await store.delivery(delivery_id)
    assert (replayed.state, replayed.due_at, replayed.ended_at) == (PENDING, NOW + 9, None)
    assert (replayed.attempts, replayed.fresh_from) == (1, 1)
    assert replayed.reason == "replayed by a person"
    assert await claim(store, now=NOW + 9) == [delivery_id]
    assert len(await store.attempts(delivery_id)) == 1


async def test_a_running_one_is_skipped(store: Store) -> None:
    running, dead = await leased(store), await ended(store, died)
    step = await store.replay(DeliveryFilter(ids=[running.delivery.id, dead]), now=NOW)
    assert (step.changed, step.skipped, step.following) == (1, 1, None)
    assert (await store.delivery(running.delivery.id)).state is RUNNING
    await store.settle(delivered(running))


async def test_one_that_does_not_exist_is_an_error_and_nothing_is_replayed(store: Store) -> None:
    dead, missing = await ended(store, died), new_id()
    wanted = DeliveryFilter(ids=[dead, missing])
    with pytest.raises(NotFoundError, match=missing):
        await store.tally(wanted)
    with pytest.raises(NotFoundError, match=missing):
        await store.replay(wanted, now=NOW)
    assert (await store.delivery(dead)).state is DEAD


async def test_the_same_filter_narrows_lists_previews_and_steps(store: Store) -> None:
    posts = await ended(store, died, at=NOW, subjects=("collections/posts/1",))
    shop = await ended(store, died, at=NOW + 1, source="shop", subjects=("collections/posts", "assets/1"))
    form = await ended(store, delivered, at=NOW + 2, name="forms.save.after", subjects=("forms/contact",))
    search = await ended(store, died, at=NOW + 3, subjects=(), target_id=SEARCH)
    for wanted, expected in (
        (DeliveryFilter(), [posts, shop, form, search]),
        (DEAD_LETTERS, [posts, shop, search]),
        (DeliveryFilter(states=[DEAD, DELIVERED]), [posts, shop, form, search]),
        (DeliveryFilter(states=[PENDING, CANCELLED]), []),
        (DeliveryFilter(ids=[shop, search]), [shop, search]),
        (DeliveryFilter(ids=[shop, form], states=[DEAD]), [shop]),
        (DeliveryFilter(plugin="webhook", target="search"), [search]),
        (DeliveryFilter(target="site", states=[DEAD]), [posts, shop]),
        (DeliveryFilter(event_id=(await store.delivery(form)).event_id), [form]),
        (DeliveryFilter(name="forms.save.after"), [form]),
        (DeliveryFilter(source="shop"), [shop]),
        (DeliveryFilter(subject="collections/posts"), [posts, shop]),
        (DeliveryFilter(subject="collections/posts/1"), [posts]),
        (DeliveryFilter(subject="assets"), [shop]),
        (DeliveryFilter(subject="collections/post"), []),
        (DeliveryFilter(since=NOW + 1), [shop, form, search]),
        (DeliveryFilter(until=NOW + 1), [posts]),
        (DeliveryFilter(since=NOW + 1, until=NOW + 3, states=[DEAD]), [shop]),
    ):
        listed = [delivery.id for delivery in reversed(await store.deliveries(wanted))]
        assert listed == expected, wanted
        assert sum(tally.found for tally in await store.tally(wanted)) == len(expected), wanted
        assert sum(changed for changed, _ in await walk(store, wanted)) == len(expected), wanted
        for delivery_id in expected:
            target_id = (await store.delivery(delivery_id)).target_id
            (work,) = (await store.claim(target_id, now=NOW + 99, limit=1, room=ROOM, ordered=False)).work
            await store.settle((delivered if work.delivery.id == form else died)(work, work.delivery.attempts + 1))


async def test_a_preview_counts_by_target_and_state(store: Store) -> None:
    for at in (3, 1, 2):
        await ended(store, died, at=NOW + at)
    await ended(store, died, at=NOW + 4, target_id=SEARCH)
    await ended(store, delivered, at=NOW + 5, target_id=SEARCH)
    assert await store.tally(DeliveryFilter()) == [
        Tally(SEARCH, DEAD, 1, NOW + 4, NOW + 4, 1),
        Tally(SEARCH, DELIVERED, 1, NOW + 5, NOW + 5, 0),
        Tally(SITE, DEAD, 3, NOW + 1, NOW + 3, 0),
    ]


@pytest.mark.parametrize(
    ("older", "newer", "target_id", "overtaken"),
    [
        (("a/1",), ("a/1",), SITE, 1),
        (("a/1",), ("a/2",), SITE, 0),
        (("a/1",), ("a",), SITE, 0),
        (("a/1",), ("a/1",), SEARCH, 0),
        (("a/1", "a/2"), ("a/2", "a/3"), SITE, 1),
        ((), (), SITE, 0),
    ],
)
async def test_one_is_overtaken_by_a_newer_one_of_its_subject_to_its_target(
    store: Store, older: tuple[str, ...], newer: tuple[str, ...], target_id: TargetId, overtaken: int
) -> None:
    await ended(store, delivered, subjects=older)
    await ended(store, died, subjects=older)
    await ended(store, failed, subjects=newer, target_id=target_id)
    assert [tally.overtaken for tally in await store.tally(DEAD_LETTERS)] == [0]
    await ended(store, delivered, subjects=newer, target_id=target_id)
    assert [tally.overtaken for tally in await store.tally(DEAD_LETTERS)] == [overtaken]


@pytest.mark.usefixtures("small_steps")
async def test_many_are_replayed_in_steps_the_oldest_first(store: Store) -> None:
    dead = [await ended(store, died) for _ in range(5)]
    others = [await ended(store, delivered) for _ in range(4)]
    dead.append(await ended(store, died))
    step = await store.replay(DEAD_LETTERS, now=NOW)
    assert (step.changed, step.skipped, list(step.target_ids)) == (2, 0, [SITE])
    assert await claim(store) == dead[:2]
    step = await store.replay(DEAD_LETTERS, now=NOW, cursor=step.following)
    assert await claim(store) == dead[2:4]
    while step.following is not None:
        step = await store.replay(DEAD_LETTERS, now=NOW, cursor=step.following)
    assert await claim(store) == dead[4:]
    assert {(await store.delivery(other)).state for other in others} == {DELIVERED}


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("states", [[], [DEAD], [DEAD, CANCELLED]])
async def test_steps_look_at_few_rows_whatever_they_find(store: Store, states: list[DeliveryState]) -> None:
    for _ in range(8):
        await ended(store, delivered, name="other")
    dead = await ended(store, died)
    wanted = DeliveryFilter(states=states, name="collections.save.after")
    steps = await walk(store, wanted)
    assert steps == ([(1, 0)] if states == [DEAD] else [(0, 0), (0, 0), (1, 0), (0, 0)])
    assert await claim(store, now=NOW + 9) == [dead]


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("new_ids", [False, True])
async def test_one_that_dies_again_meanwhile_is_not_taken_twice(store: Store, new_ids: bool) -> None:
    for _ in range(6):
        await ended(store, died)
    changed, cursor = 0, None
    while changed == 0 or cursor is not None:
        step = await store.replay(DEAD_LETTERS, now=NOW, cursor=cursor, new_ids=new_ids)
        changed, cursor = changed + step.changed, step.following
        for work in (await store.claim(SITE, now=NOW, limit=9, room=ROOM, ordered=False)).work:
            await store.settle(died(work, work.delivery.attempts + 1))
        await ended(store, died)
    assert changed == 6


async def test_the_older_lane_mate_goes_first_even_if_it_was_planned_later(store: Store) -> None:
    event = await accept(store)
    newer = a_delivery(key="a")
    await accept(store, newer)
    older = a_delivery(key="a")
    await store.add_deliveries(event, [older])
    for _ in range(2):
        (work,) = (await store.claim(SITE, now=NOW, limit=1, room=ROOM, ordered=True)).work
        await store.settle(died(work))
    await walk(store, DEAD_LETTERS)
    (work,) = (await store.claim(SITE, now=NOW + 9, limit=9, room=ROOM, ordered=True)).work
    assert work.delivery.id == older.id


@pytest.mark.usefixtures("small_steps")
async def test_under_a_new_id_the_old_one_is_superseded(store: Store) -> None:
    old_ids = [await ended(store, end) for end in (died, delivered, died)]
    running = await leased(store)
    await walk(store, DeliveryFilter(states=[DEAD, RUNNING]), new_ids=True)
    everything = {delivery.id: delivery for delivery in await all_deliveries(store)}
    assert len(everything) == 6
    for old in (everything[old_ids[0]], everything[old_ids[2]]):
        assert (old.state, old.ended_at, old.attempts) == (SUPERSEDED, NOW + 9, 1)
        new = everything[old.superseded_by or ""]
        assert (new.event_id, new.seq, new.target_id, new.key) == (old.event_id, old.seq, old.target_id, old.key)
        assert (new.state, new.due_at, new.created_at, new.attempts) == (PENDING, NOW + 9, NOW + 9, 0)
        assert old.id in (new.reason or "")
    assert everything[old_ids[1]].state is DELIVERED
    assert everything[running.delivery.id].state is RUNNING
    assert len(await claim(store, now=NOW + 9)) == 2


async def test_pending_ones_are_due_at_once(store: Store) -> None:
    later = a_delivery(due_at=NOW + 3600)
    await accept(store, later)
    assert await walk(store, DeliveryFilter(states=[PENDING])) == [(1, 0)]
    assert await claim(store, now=NOW + 9) == [later.id]


RULE = Coalesce(wait=30, max_wait=100, keep="last")


async def burst(store: Store, at: float) -> NewDelivery:
    delivery = a_delivery(SITE, "build", at, coalesce=RULE)
    await accept(store, delivery, at=at)
    return delivery


async def test_what_a_coalescing_target_gets_again_is_due_at_once_each_for_itself(store: Store) -> None:
    superseded, last = await burst(store, NOW), await burst(store, NOW + 1)
    (work,) = (await store.claim(SITE, now=NOW + 99, limit=9, room=ROOM, ordered=False)).work
    await store.settle(died(work))
    await walk(store, DeliveryFilter(states=[SUPERSEDED, DEAD]))
    assert (await store.delivery(superseded.id)).superseded_by is None
    assert await claim(store, now=NOW + 9) == [superseded.id, last.id]


async def test_a_newer_event_supersedes_what_was_replayed_and_has_a_burst_of_its_own(store: Store) -> None:
    superseded, last = await burst(store, NOW - 200), await burst(store, NOW - 199)
    await store.cancel(DeliveryFilter(ids=[last.id]), now=NOW)
    await replay(store, superseded.id, last.id, now=NOW)
    newer = await burst(store, NOW + 1)
    stored = await store.delivery(newer.id)
    assert (stored.state, stored.due_at) == (PENDING, NOW + 31)
    for older in (superseded, last):
        assert (await store.delivery(older.id)).superseded_by == newer.id


async def test_pending_and_dead_ones_are_cancelled_and_no_others(store: Store) -> None:
    pending, running = a_delivery(due_at=NOW + 99), await leased(store)
    await accept(store, pending)
    dead, done = await ended(store, died), await ended(store, delivered)
    step = await store.cancel(DeliveryFilter(), now=NOW + 9)
    assert (step.changed, step.skipped) == (2, 2)
    for delivery_id in (pending.id, dead):
        cancelled = await store.delivery(delivery_id)
        assert (cancelled.state, cancelled.ended_at) == (CANCELLED, NOW + 9)
        assert cancelled.reason == "cancelled by a person"
    assert (await store.delivery(running.delivery.id)).state is RUNNING
    assert (await store.delivery(done)).state is DELIVERED
    assert await claim(store, now=NOW + 999) == []
