"""What is purged is gone for good, pending or not; what else was to be delivered still is."""

from __future__ import annotations

import pytest
from stores import NOW, SITE, a_delivery, all_deliveries, an_event, claim, delivered, ids, leased

from cockpit_gateway import DeliveryState, Event
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store import steps
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import EventFilter, Found, NewDelivery, Step
from cockpit_gateway.targets import Coalesce

BURST = Coalesce(60.0, 3600.0, "list")
ADA = EventFilter(subject="collections/people/ada")


async def about(store: Store, name: str, *deliveries: NewDelivery) -> Event:
    event = an_event(subjects=(f"collections/people/{name}",), body=b'{"event":"x","args":["%s"]}' % name.encode())
    return await store.event((await store.accept(event, deliveries)).event_id)


async def purge(store: Store, wanted: EventFilter) -> tuple[int, int]:
    """Purge step by step; return how many events went, and how many were skipped."""
    step = await store.purge(wanted)
    changed, skipped = step.changed, step.skipped
    while step.following is not None:
        step = await store.purge(wanted, step.following)
        changed, skipped = changed + step.changed, skipped + step.skipped
    return changed, skipped


async def kept(store: Store) -> list[str]:
    return [event.subjects[0].rpartition("/")[2] for event in await store.events(EventFilter(limit=1000))]


async def test_events_go_with_everything_that_belongs_to_them(store: Store) -> None:
    work = await leased(store)
    await store.settle(delivered(work))
    await about(store, "ada", a_delivery())
    await about(store, "bob", a_delivery())
    assert await purge(store, EventFilter(subject="collections/posts/1")) == (1, 0)
    assert await purge(store, ADA) == (1, 0)
    assert await kept(store) == ["bob"]
    assert [delivery.seq for delivery in await all_deliveries(store)] == [3]
    assert await store.attempts(work.delivery.id) == []
    assert len(await claim(store)) == 1


async def test_what_is_below_a_subject_goes_too(store: Store) -> None:
    for name in ("ada", "ada/letters", "adam"):
        await about(store, name)
    assert await purge(store, ADA) == (2, 0)
    assert await kept(store) == ["adam"]


async def test_step_by_step_and_nothing_that_came_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "EVENTS_DELETED", 3)
    monkeypatch.setattr(steps, "WINDOW", 5)
    for number in range(20):
        await about(store, "ada" if number % 2 else "bob")
    first = await store.purge(ADA)
    await about(store, "ada")
    changed, following = first.changed, first.following
    while following is not None:
        step = await store.purge(ADA, following)
        changed, following = changed + step.changed, step.following
    assert changed == 10
    assert (await kept(store)).count("ada") == 1


async def test_counting_comes_first(store: Store) -> None:
    await about(store, "ada", a_delivery(), a_delivery(leased=True))
    await about(store, "ada")
    await about(store, "bob", a_delivery())
    assert await store.count(ADA) == Found(2, 2, 1, 1, None)
    assert len(await kept(store)) == 3


async def test_what_is_being_delivered_is_skipped(store: Store) -> None:
    await about(store, "ada", a_delivery(leased=True))
    assert await store.purge(ADA) == Step(0, 1, [], None)
    (running,) = await all_deliveries(store)
    await store.settle(delivered(await store.leased(running.id)))
    assert await purge(store, ADA) == (1, 0)


async def test_an_id_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no event nobody"):
        await store.purge(EventFilter(ids=["nobody"]))


@pytest.mark.parametrize(
    "names", ["ada bob cyd", "bob ada cyd", "bob cyd ada", "ada bob ada", "bob ada ada", "ada ada bob"]
)
@pytest.mark.parametrize("step", [1, 100])
async def test_a_waiting_list_is_sent_without_it(
    store: Store, names: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "EVENTS_DELETED", step)
    for name in names.split():
        await about(store, name, a_delivery(key="people", coalesce=BURST))
    await purge(store, ADA)
    left = [name for name in names.split() if name != "ada"]
    assert [*reversed(await kept(store))] == left
    claimed = await store.claim(SITE, now=NOW + 3600, limit=9, room=2**40, ordered=False)
    (work,) = claimed.work
    batch = await store.batch(work.delivery.id)
    assert [event.subjects[0].rpartition("/")[2] for event in batch] == left
    assert len(set(ids(batch))) == len(left)
    await store.settle(delivered(work))
    assert await claim(store, now=NOW + 9999) == []


@pytest.mark.parametrize("keep", ["last", "first"])
async def test_one_that_stands_for_others_is_still_made(store: Store, keep: str) -> None:
    order = ["bob", "ada"] if keep == "last" else ["ada", "bob"]
    rule = Coalesce(60.0, 3600.0, keep)  # type: ignore[arg-type]
    for name in order:
        await about(store, name, a_delivery(key="people", coalesce=rule))
    assert await purge(store, ADA) == (1, 0)
    claimed = await store.claim(SITE, now=NOW + 3600, limit=9, room=2**40, ordered=False)
    assert [work.event.subjects for work in claimed.work] == [("collections/people/bob",)]
    assert [found.state for found in await all_deliveries(store)] == [DeliveryState.RUNNING]
