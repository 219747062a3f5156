"""Leases of many gateways on one database: the living keep theirs, those of the dead are freed, the slow are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest
from gateways import eventually
from store_data import EXPIRE, OpenAnother, die
from stores import NOW, SITE, a_delivery, accept, all_deliveries, an_event, claim, delivered, leased
from structlog.testing import capture_logs

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import LeaseLostError
from cockpit_gateway.store.notices import Change, Notice
from cockpit_gateway.store.postgres import leasing
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.records import EventFilter


async def test_who_comes_leaves_the_living_alone(postgres_store: PostgresStore, open_another: OpenAnother) -> None:
    work = await leased(postgres_store)
    other = await open_another()
    await other.heartbeat(60)
    assert await claim(other) == []
    await postgres_store.settle(delivered(work))
    assert (await other.delivery(work.delivery.id)).state is DeliveryState.DELIVERED


async def test_what_the_dead_had_is_freed_by_a_heartbeat_and_told(open_another: OpenAnother) -> None:
    first, second = await open_another(), await open_another()
    told: list[Notice] = []
    await second.watch(told.append)
    work = await leased(first)
    await second.heartbeat(60)
    assert await claim(second) == []
    await die(first)
    await second.heartbeat(60)
    assert Notice(Change.DUE, SITE) in told
    assert await claim(second) == [work.delivery.id]


@pytest.mark.parametrize(("ahead", "told"), [(3600, [3600]), (-3600, [-3600]), (1, [])])
async def test_a_clock_that_is_not_the_databases_is_told_once_in_a_while(
    postgres_store: PostgresStore, monkeypatch: pytest.MonkeyPatch, ahead: int, told: list[int]
) -> None:
    wrong = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    monkeypatch.setattr(leasing, "time", wrong)
    with capture_logs() as logs:
        for _ in range(3):
            await postgres_store.heartbeat(60)
    assert [round(line["seconds_ahead"], -1) for line in logs] == told


async def test_whose_lease_was_freed_ends_nothing(postgres_store: PostgresStore, open_another: OpenAnother) -> None:
    works = [await leased(postgres_store) for _ in range(2)]
    other = await open_another()
    await postgres_store.heartbeat(0)
    await other.heartbeat(60)
    assert await claim(other, limit=1) == [works[0].delivery.id]
    for work in works:
        with pytest.raises(LeaseLostError, match=work.delivery.id):
            await postgres_store.settle(delivered(work))
    await postgres_store.release([works[0].delivery])
    await postgres_store.begin(works[0].delivery, alone=True)
    assert [found.state for found in await all_deliveries(other)] == [DeliveryState.PENDING, DeliveryState.RUNNING]
    assert [await other.attempts(work.delivery.id) for work in works] == [[], []]


async def test_a_heartbeat_tells_whether_the_lease_was_lost(
    postgres_store: PostgresStore, open_another: OpenAnother
) -> None:
    other = await open_another()
    assert await postgres_store.heartbeat(60)
    await postgres_store.heartbeat(0)
    await other.heartbeat(60)
    assert not await postgres_store.heartbeat(60)
    assert await postgres_store.heartbeat(60)


async def test_what_an_owner_without_a_lease_writes_as_leased_is_freed(
    postgres_store: PostgresStore, open_another: OpenAnother
) -> None:
    other = await open_another()
    await postgres_store.heartbeat(0)
    await other.heartbeat(60)
    work = await leased(postgres_store)
    await other.heartbeat(60)
    assert await claim(other) == [work.delivery.id]


async def test_two_claim_at_once_and_nothing_twice(postgres_store: PostgresStore, open_another: OpenAnother) -> None:
    other = await open_another()
    await asyncio.gather(*(accept(postgres_store, a_delivery(), a_delivery(key="a/b")) for _ in range(40)))
    for ordered in (False, True):
        stores = [postgres_store, other] * 5
        found = await asyncio.gather(*(claim(store, limit=7, ordered=ordered) for store in stores))
        taken = [delivery_id for part in found for delivery_id in part]
        assert len(taken) == len(set(taken)) > 0
        running = [each for each in await all_deliveries(other) if each.state is DeliveryState.RUNNING]
        assert set(taken) <= {each.id for each in running}
        for store in (postgres_store, other):
            await store.release(running)


async def test_of_a_lane_one_is_taken_whoever_claims(postgres_store: PostgresStore, open_another: OpenAnother) -> None:
    other = await open_another()
    deliveries = [a_delivery(key="a") for _ in range(6)]
    await accept(postgres_store, *deliveries)
    found = await asyncio.gather(*(claim(store, ordered=True) for store in [postgres_store, other] * 4))
    assert [part for part in found if part] == [[deliveries[0].id]]


async def test_who_sees_an_event_sees_all_before_it(postgres_store: PostgresStore, open_another: OpenAnother) -> None:
    writers = [postgres_store, await open_another(), await open_another()]
    seen: list[list[int]] = []

    async def write(store: PostgresStore) -> None:
        for number in range(30):
            await store.accept(an_event(NOW, body=b"x" * (1 + number * 100)), [a_delivery()])

    async def read(store: PostgresStore) -> None:
        for _ in range(60):
            found = await store.events(EventFilter(limit=1000))
            seen.append([event.seq for event in reversed(found)])

    await asyncio.gather(*(write(store) for store in writers), *(read(store) for store in writers))
    last = [event.seq for event in await postgres_store.events(EventFilter(limit=1000))][::-1]
    assert len(last) == 90
    for part in seen:
        assert part == last[: len(part)]


async def test_others_are_told_what_is_pending_and_held(
    postgres_store: PostgresStore, open_another: OpenAnother
) -> None:
    other, told = await open_another(), []
    await other.watch(told.append)
    await eventually(lambda: told == [Notice(Change.ANYTHING)])
    await accept(postgres_store, a_delivery())
    await eventually(lambda: Notice(Change.DUE, SITE) in told)
    await postgres_store.set_targets({SITE: ""})
    await postgres_store.set_held(SITE, None, reason=None, now=NOW)
    await eventually(lambda: Notice(Change.HELD, SITE) in told)
    told.clear()
    await accept(other, a_delivery())
    await leased(postgres_store)
    await accept(postgres_store, a_delivery(key="a"))
    await eventually(lambda: told != [])
    assert told == [Notice(Change.DUE, SITE)]


async def test_what_cannot_be_told_keeps_nothing_else_from_being_told(
    postgres_store: PostgresStore, open_another: OpenAnother
) -> None:
    other, told = await open_another(), []
    await other.watch(told.append)
    await eventually(lambda: told == [Notice(Change.ANYTHING)])
    with capture_logs() as logs:
        await accept(postgres_store, a_delivery(TargetId("webhook", "x" * 8000)))  # more than a notice may have
        await eventually(lambda: any("cannot be told" in line["event"] for line in logs))
    await accept(postgres_store, a_delivery())
    await eventually(lambda: Notice(Change.DUE, SITE) in told)


async def test_a_closed_one_leaves_no_owner(open_another: OpenAnother, look: Callable[..., Awaitable[object]]) -> None:
    store = await open_another()
    assert await look("SELECT count(*) FROM owners") == [(1,)]
    await store.close()
    assert await look("SELECT count(*) FROM owners") == [(0,)]


async def test_an_unclean_end_is_told_until_it_was_tidied_up_after(
    open_another: OpenAnother, postgres_url: str
) -> None:
    await die(await open_another())
    for unclean in (True, False):
        store = PostgresStore(postgres_url)
        assert (await store.open()).unclean is unclean
        await store.heartbeat(60)
        await store.close()


async def test_after_an_outage_nobody_takes_the_others_for_dead(
    postgres_store: PostgresStore, open_another: OpenAnother, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, work = await open_another(), await leased(postgres_store)
    for store in (postgres_store, other):  # they have been there for long
        store._owner._holds_since -= 3600.0
    monkeypatch.setattr(leasing, "COMEBACK", 60.0)
    for store in (postgres_store, other):  # as long as the database was away, no lease could be extended
        await store._connections.run(lambda it, owner=store._owner.id: it.execute(EXPIRE, owner))  # type: ignore[misc]
    for store in (other, postgres_store, other):
        assert await store.heartbeat(60)
    await postgres_store.settle(delivered(work))


async def test_who_comes_after_an_outage_takes_nobody_for_dead(
    postgres_store: PostgresStore, open_another: OpenAnother, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = await leased(postgres_store)
    await postgres_store._connections.run(lambda it: it.execute(EXPIRE, postgres_store._owner.id))
    monkeypatch.setattr(leasing, "COMEBACK", 3600.0)
    other = await open_another()
    await other.heartbeat(60)
    assert await postgres_store.heartbeat(60)
    await postgres_store.settle(delivered(work))


async def test_who_does_not_come_back_in_time_is_dead(open_another: OpenAnother) -> None:
    first, second = await open_another(), await open_another()
    work = await leased(first)
    await die(first)
    for comeback, claimed in ((3600.0, []), (0.0, [work.delivery.id])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(leasing, "COMEBACK", comeback)
            await second.heartbeat(60)
            assert await claim(second) == claimed
