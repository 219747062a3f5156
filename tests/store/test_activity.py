"""What happened is counted by the minute and the hour, by many at once, and forgotten in time."""

from __future__ import annotations

from collections.abc import Mapping

from stores import NOW, SEARCH, SITE, MakeStore, a_delivery, an_event, died, failed

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.activity import (
    HOUR,
    KEPT,
    MINUTE,
    Activity,
    Cell,
    Happening,
    Period,
    SourceCell,
    TargetCell,
)
from cockpit_gateway.store.port import Store

AT = round(NOW) // HOUR * HOUR
"""When an hour begins."""

THE_HOUR = Period(AT, AT + HOUR, MINUTE)
DELIVERED, DEAD = Happening.DELIVERED, Happening.DEAD


def delivered(at: int, count: int, target_id: TargetId = SITE, bucket: int = 0) -> Activity:
    return Activity(targets={TargetCell(target_id, at, DELIVERED, bucket): count})


def stored(at: int, count: int, source: str = "website") -> Activity:
    return Activity(sources={SourceCell(at, source, "stored"): count})


async def add(store: Store, *added: Activity, now: float = AT) -> None:
    for counts in added:
        await store.add_activity(counts, now=now)


async def test_counts_of_a_minute_add_up(store: Store) -> None:
    await add(store, stored(AT, 1), stored(AT, 2), stored(AT, 5, "shop"), stored(AT + MINUTE, 7))
    assert await store.source_activity(THE_HOUR) == {
        SourceCell(AT, "website", "stored"): 3,
        SourceCell(AT, "shop", "stored"): 5,
        SourceCell(AT + MINUTE, "website", "stored"): 7,
    }


async def test_targets_are_told_apart_and_taken_together(store: Store) -> None:
    await add(store, delivered(AT, 1), delivered(AT, 2, SEARCH), delivered(AT, 4, bucket=-9), delivered(AT, 8))
    each = {
        TargetCell(SITE, AT, DELIVERED, 0): 9,
        TargetCell(SITE, AT, DELIVERED, -9): 4,
        TargetCell(SEARCH, AT, DELIVERED, 0): 2,
    }
    assert await store.target_activity(THE_HOUR) == each
    assert await store.target_activity(THE_HOUR, SEARCH) == {TargetCell(SEARCH, AT, DELIVERED, 0): 2}
    assert await store.target_activity(THE_HOUR, TargetId("webhook", "unknown")) == {}
    assert await store.all_targets_activity(THE_HOUR) == {Cell(AT, DELIVERED, 0): 11, Cell(AT, DELIVERED, -9): 4}


async def test_minutes_are_added_up_to_longer_steps(store: Store) -> None:
    await add(store, *(delivered(AT + minute * MINUTE, 1) for minute in range(120)))
    by_quarter = await store.all_targets_activity(Period(AT + 30 * MINUTE, AT + 75 * MINUTE, 15 * MINUTE))
    assert by_quarter == {Cell(AT + minute * MINUTE, DELIVERED, 0): 15 for minute in (30, 45, 60)}
    by_hour = await store.all_targets_activity(Period(AT, AT + 2 * HOUR, HOUR))
    assert by_hour == {Cell(AT, DELIVERED, 0): 60, Cell(AT + HOUR, DELIVERED, 0): 60}


async def test_many_counts_at_once(store: Store) -> None:
    targets = {TargetCell(SITE, AT + minute * MINUTE, DELIVERED, minute): 1 + minute for minute in range(60)}
    await add(store, Activity(targets=targets))
    assert await store.target_activity(THE_HOUR) == targets
    day = await store.target_activity(Period(AT, AT + HOUR, HOUR))
    assert sum(day.values()) == sum(targets.values())


async def test_several_processes_add_to_the_same(store: Store, make_store: MakeStore) -> None:
    await add(store, stored(AT, 1), delivered(AT, 1))
    await store.close()
    other = make_store()
    await other.open()
    await add(other, stored(AT, 1), delivered(AT, 1))
    assert list((await other.source_activity(THE_HOUR)).values()) == [2]
    assert list((await other.target_activity(THE_HOUR)).values()) == [2]
    await other.close()


async def test_minutes_are_forgotten_before_hours(store: Store) -> None:
    async def known(step: int) -> list[Mapping[object, int]]:
        period = Period(AT, AT + HOUR, step)
        return [dict(await store.source_activity(period)), dict(await store.target_activity(period))]

    await add(store, stored(AT, 1), delivered(AT, 1))
    later = AT + MINUTE + KEPT[MINUTE]
    await add(store, stored(later, 1), delivered(later, 1, SEARCH), now=later)
    assert [len(found) for found in await known(MINUTE)] == [0, 0]
    assert [len(found) for found in await known(HOUR)] == [1, 1]
    later = AT + HOUR + KEPT[HOUR]
    await add(store, stored(later, 1), now=later)
    assert [len(found) for found in await known(HOUR)] == [0, 0]


async def test_dead_letters_are_counted_by_target(store: Store) -> None:
    assert await store.dead_letters() == {}
    for target_id, end in ((SITE, died), (SITE, died), (SEARCH, died), (TargetId("webhook", "third"), failed)):
        accepted = await store.accept(an_event(), [a_delivery(target_id, leased=True)])
        await store.settle(end(accepted.work[0]))
    assert await store.dead_letters() == {SITE: 2, SEARCH: 1}
