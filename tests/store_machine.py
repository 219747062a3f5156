"""Histories of a store, made up by hypothesis and held against the model after each step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_data import Data
from store_model import Model, no_two_of_a_lane_run_at_once, superseded_name_a_successor_and_chains_end
from stores import NOW, ROOM, SEARCH, SITE, all_deliveries, an_event, ids, new_id

from cockpit_gateway import DeliveryState, Event
from cockpit_gateway.deliveries import Attempt, Delivery, Hold, Outcome, TargetId
from cockpit_gateway.errors import NotFoundError, StoreError
from cockpit_gateway.events import EventStatus
from cockpit_gateway.store.records import (
    Accepted,
    Backlog,
    DeliveryFilter,
    Duplicate,
    NewDelivery,
    Settlement,
    TargetState,
    Totals,
)
from cockpit_gateway.targets import Coalesce

_Result = TypeVar("_Result")

BUILD, FEED = TargetId("webhook", "build"), TargetId("webhook", "feed")
TARGETS = (SITE, SEARCH, BUILD, FEED)
ORDERED = (SEARCH, FEED)
COALESCING = (BUILD, FEED)
KEYS = ("", "a", "a/b", "a/b/c", "a/c", "ab")
"""Few, so that lanes and bursts meet; `lanes` has the odd ones."""
ENDINGS = (
    (Outcome.DELIVERED, DeliveryState.DELIVERED),
    (Outcome.RETRY, DeliveryState.PENDING),
    (Outcome.RETRY, DeliveryState.DEAD),
    (Outcome.REJECTED, DeliveryState.DEAD),
)
HOLDS = {"paused": Hold.PAUSED, "disabled": Hold.DISABLED, "let go": None, "configured": None}


class Plan(NamedTuple):
    """A delivery to be made up: what of it is left to chance."""

    target_id: TargetId
    key: str | None
    due_in: float
    leased: bool
    rule: Coalesce

    def delivery(self, now: float) -> NewDelivery:
        if self.target_id in COALESCING:
            key = "a" if self.key else ""
            return NewDelivery(new_id(), self.target_id, key, now, leased=self.leased, coalesce=self.rule)
        leased = self.leased and self.target_id not in ORDERED
        return NewDelivery(new_id(), self.target_id, self.key, now if leased else now + self.due_in, leased=leased)


few_seconds = st.sampled_from((0.0, 5.0, 10.0, 15.0, 25.0))
which = st.integers(0, 20)
targets = st.sampled_from(TARGETS)
plans = st.builds(
    Plan,
    targets,
    st.none() | st.sampled_from(KEYS),
    few_seconds,
    st.booleans(),
    st.builds(Coalesce, st.just(10.0), st.just(25.0), st.sampled_from(("first", "last", "list"))),
)
planned = st.lists(st.lists(plans, max_size=4), min_size=1, max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """One store at a time, on the same data, and the model of it.

    Args:
        make_data: Makes data of its own for each history.
    """

    def __init__(self, make_data: Callable[[], Data]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.data = make_data()
        self.model = Model()
        self.now = NOW
        self.ended: set[str] = set()
        self.held: dict[TargetId, Hold | None] = dict.fromkeys(TARGETS)

    def run(self, call: Coroutine[Any, Any, _Result]) -> _Result:
        return self.runner.run(call)

    @initialize()
    def open(self) -> None:
        self.reopen(unclean=False)
        self.run(self.store.set_targets(dict.fromkeys(TARGETS, "0")))

    # Coming in

    @rule(planned=planned, key=st.none() | st.sampled_from("kl"))
    def accept(self, planned: list[list[Plan]], key: str | None) -> None:
        """Events that come in at once, the first perhaps a repeated one."""
        duplicates = [None if key is None else Duplicate(key, self.now + 15), *[None] * (len(planned) - 1)]
        events = [(an_event(self.now), [plan.delivery(self.now) for plan in plans]) for plans in planned]
        calls = [
            self.store.accept(event, deliveries, duplicate)
            for (event, deliveries), duplicate in zip(events, duplicates, strict=True)
        ]
        for (event, deliveries), duplicate, accepted in zip(events, duplicates, self.run(gathered(calls)), strict=True):
            self.accepted(event, deliveries, duplicate, accepted)

    def accepted(
        self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None, accepted: Accepted
    ) -> None:
        earlier = None if duplicate is None else self.model.repeats(duplicate, self.now)
        assert (accepted.event_id, accepted.duplicate) == (earlier or event.id, earlier is not None)
        if earlier is None:
            self.model.accept(self.as_stored(event), deliveries, duplicate)
        leased = [new.id for new in deliveries if new.leased and new.coalesce is None and earlier is None]
        assert [work.delivery for work in accepted.work] == [self.model.deliveries[found] for found in leased]

    def as_stored(self, event: Event) -> Event:
        stored = self.run(self.store.event(event.id))
        assert stored.seq > max((known.seq for known in self.model.events), default=0)
        assert replace(stored, seq=event.seq) == event
        return stored

    @rule(which=which, plans=st.lists(plans, max_size=3))
    def add_deliveries(self, which: int, plans: list[Plan]) -> None:
        if self.model.events:
            event = self.model.events[which % len(self.model.events)]
            deliveries = [plan.delivery(self.now) for plan in plans]
            work = self.run(self.store.add_deliveries(event, deliveries))
            self.model.add(event, deliveries)
            leased = [new.id for new in deliveries if new.leased and new.coalesce is None]
            assert [found.delivery for found in work] == [self.model.deliveries[found] for found in leased]

    # Going out

    @rule(target_ids=st.sets(targets, min_size=1), limit=st.integers(1, 4), seconds=few_seconds)
    def claim(self, target_ids: set[TargetId], limit: int, seconds: float) -> None:
        self.now += seconds
        for target_id in sorted(target_ids):
            asked: dict[str, Any] = {"now": self.now, "limit": limit, "ordered": target_id in ORDERED}
            work, next_due, _ = self.run(self.store.claim(target_id, room=ROOM, **asked))
            assert (ids(item.delivery for item in work), next_due) == self.model.claim(target_id, **asked)
            for item in work:
                assert without_reason(item.delivery) == self.model.deliveries[item.delivery.id]
                assert item.event in self.model.events

    @rule(which=which, endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=3), due_in=few_seconds)
    def attempt(self, which: int, endings: list[tuple[Outcome, DeliveryState]], due_in: float) -> None:
        """Attempts that end at once."""
        running = self.model.running[which % 3 :]
        settlements = [
            self.settlement(delivery, ending, due_in) for delivery, ending in zip(running, endings, strict=False)
        ]
        for settlement in settlements:
            self.store.mark_begun(settlement.delivery)
        self.run(gathered(list(map(self.store.settle, settlements))))
        for settlement in settlements:
            self.model.settle(settlement)

    def settlement(self, delivery: Delivery, ending: tuple[Outcome, DeliveryState], due_in: float) -> Settlement:
        outcome, state = ending
        attempt = Attempt(delivery.attempts + 1, self.now, 0.5, outcome)
        return Settlement(delivery, attempt, state, self.now + due_in, None)

    @rule(which=which)
    def settle_what_is_not_leased(self, which: int) -> None:
        others = [found for found in self.model.deliveries.values() if found.state is not DeliveryState.RUNNING]
        if others:
            settlement = self.settlement(others[which % len(others)], ENDINGS[0], 0)
            with pytest.raises(StoreError, match="not leased"):
                self.run(self.store.settle(settlement))

    @rule(first=which, last=which)
    def release(self, first: int, last: int) -> None:
        given_back = self.model.running[first:last]
        self.run(self.store.release(given_back))
        self.model.release(given_back)

    @rule(which=which, tried=st.booleans())
    def replay(self, which: int, tried: bool) -> None:
        found = [delivery for delivery in self.model.deliveries.values() if delivery.attempts or not tried]
        if found:
            delivery = found[which % len(found)]
            running = delivery.state is DeliveryState.RUNNING
            step = self.run(self.store.replay(DeliveryFilter(ids=(delivery.id,)), now=self.now))
            assert (step.changed, step.skipped) == ((0, 1) if running else (1, 0))
            if not running:
                self.model.replay(delivery.id, self.now)
                self.ended.discard(delivery.id)

    @rule()
    def heartbeat(self) -> None:
        self.run(self.store.heartbeat(60))

    # Targets

    @rule(target_id=targets, change=st.sampled_from(sorted(HOLDS)))
    def change_target(self, target_id: TargetId, change: str) -> None:
        if change == "configured":
            self.run(self.store.set_targets({target_id: new_id()}))
        else:
            self.run(self.store.set_held(target_id, HOLDS[change], reason=None, now=self.now))
        self.held[target_id] = HOLDS[change]

    # Ends of the process

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.model.release(self.model.running)
        self.reopen(unclean=False)

    @rule(planned=planned, which=which, ending=st.sampled_from(ENDINGS), instant=st.integers(0, 30))
    def crash(self, planned: list[list[Plan]], which: int, ending: tuple[Outcome, DeliveryState], instant: int) -> None:
        """Killed while events and an outcome are on their way to the disk: each is there as a whole, or not at all."""
        events = [(an_event(self.now), [plan.delivery(self.now) for plan in plans]) for plans in planned]
        settlements = [self.settlement(delivery, ending, 5) for delivery in self.model.running[which:][:1]]
        calls = [*(self.store.accept(*event) for event in events), *map(self.store.settle, settlements)]
        self.run(self.killed_during(calls, instant / 10_000))
        self.reopen(unclean=True)
        for event, deliveries in events:
            if self.run(self.is_stored(event)):
                self.model.accept(self.as_stored(event), deliveries)
        for settlement in settlements:
            if self.run(self.store.delivery(settlement.delivery.id)).attempts == settlement.attempt.number:
                self.model.settle(settlement)
        self.model.release(self.model.running)

    async def killed_during(self, calls: Sequence[Coroutine[Any, Any, object]], seconds: float) -> None:
        under_way = asyncio.ensure_future(gathered(calls))
        await asyncio.sleep(seconds)  # when in the commit the kill comes is left to chance
        left = self.data.as_after_a_kill()
        await under_way
        await self.store.close()
        self.data = left

    async def is_stored(self, event: Event) -> bool:
        try:
            return (await self.store.event(event.id)).id == event.id
        except NotFoundError:
            return False

    def reopen(self, *, unclean: bool) -> None:
        self.store = self.data.store()
        opened = self.run(self.store.open())
        assert (opened.unclean, opened.parked) == (unclean, [])
        self.heartbeat()

    # What holds at any time

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        found, totals, backlog, states = self.run(self.look())
        assert {delivery.id: without_reason(delivery) for delivery in found} == self.model.deliveries
        assert totals.deliveries == self.model.totals
        assert totals.events.get(EventStatus.ACCEPTED, 0) == len(self.model.events)
        assert backlog == self.model.backlog
        assert {state.target_id: state.held for state in states} == self.held
        self.what_has_ended_stays_ended(found)
        superseded_name_a_successor_and_chains_end(found)
        no_two_of_a_lane_run_at_once(found, ORDERED)

    async def look(self) -> tuple[Sequence[Delivery], Totals, Mapping[TargetId, Backlog], Sequence[TargetState]]:
        return await asyncio.gather(
            all_deliveries(self.store), self.store.totals(), self.store.backlog(), self.store.target_states()
        )

    def what_has_ended_stays_ended(self, found: Sequence[Delivery]) -> None:
        ended = {delivery.id for delivery in found if delivery.ended_at is not None}
        assert self.ended <= ended
        self.ended = ended

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            self.run(self.store.close())
            self.runner.close()

    def drain(self) -> None:
        """Deliver what is left: nothing waits for ever, and every attempt has its row."""
        self.now += 1000
        while self.model.running or self.model.backlog:
            self.claim(set(TARGETS), 3, 0)
            assert self.model.running
            while self.model.running:
                self.attempt(0, [ENDINGS[0]], 0)
        for delivery_id, item in self.model.items.items():
            attempts = self.run(self.store.attempts(delivery_id))
            assert [(found.number, found.outcome) for found in attempts] == list(enumerate(item.outcomes, 1))


async def gathered(calls: Sequence[Coroutine[Any, Any, _Result]]) -> list[_Result]:
    """Make calls at once."""
    return await asyncio.gather(*calls)


def without_reason(delivery: Delivery) -> Delivery:
    return replace(delivery, reason=None)
