"""Histories of one ordered target, to hold an engine's claims against the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st
from store_model import Model
from stores import NOW, ROOM, a_delivery, accept, delivered, failed, new_id, replay

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import TargetId, Work
from cockpit_gateway.store.port import Store

KEYS = ("", "a", "a/b", "a/b/c", "a/c", "ab", "a-b", "a/", "a//", "/", "é/b", "é")


class Add(NamedTuple):
    """An event with a delivery for each of these keys, due so many seconds from now."""

    keys: Sequence[str]
    due_in: float


class Claim(NamedTuple):
    limit: int
    at: float


class End(NamedTuple):
    """The attempt under way that began first (or second …) ends."""

    which: int
    well: bool


class GiveBack(NamedTuple):
    which: int


class Replay(NamedTuple):
    """A person replays one that has ended."""

    which: int


Step = Add | Claim | End | GiveBack | Replay

_seconds = st.integers(0, 3).map(float)
_which = st.integers(0, 5)
histories = st.lists(
    st.one_of(
        st.builds(Add, st.lists(st.sampled_from(KEYS), min_size=1, max_size=3), _seconds),
        st.builds(Claim, st.integers(1, 3), _seconds),
        st.builds(End, _which, st.booleans()),
        st.builds(GiveBack, _which),
        st.builds(Replay, _which),
    ),
    max_size=25,
)


class Run:
    """Goes through a history in a store and in the model, on a target of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._target = TargetId("webhook", new_id())
        self._model = Model()
        self._running: list[Work] = []

    async def go_through(self, history: Sequence[Step]) -> None:
        for step in history:
            await self._take(step)
        await self._drain()

    async def _take(self, step: Step) -> None:
        match step:
            case Add():
                await self._add(step)
            case Claim():
                await self._claim(step.limit, NOW + step.at)
            case End() if self._running:
                work = self._running.pop(step.which % len(self._running))
                await self._end(work, well=step.well)
            case GiveBack() if self._running:
                work = self._running.pop(step.which % len(self._running))
                await self._store.release([work.delivery])
                self._model.release([work.delivery])
            case Replay():
                await self._replay(step.which)
            case _:
                pass

    async def _add(self, step: Add) -> None:
        deliveries = [a_delivery(self._target, key, NOW + step.due_in) for key in step.keys]
        self._model.accept(await accept(self._store, *deliveries), deliveries)

    async def _claim(self, limit: int, now: float) -> None:
        free = await self._free(now)
        claimed = await self._store.claim(self._target, now=now, limit=limit, room=ROOM, ordered=True)
        self._running += claimed.work
        expected = self._model.claim(self._target, now=now, limit=limit, ordered=True)
        assert ([work.delivery.id for work in claimed.work], claimed.next_due) == expected
        assert free.issuperset(expected[0])
        assert len(expected[0]) == min(limit, len(free))

    async def _free(self, now: float) -> set[str]:
        """Return what is due and said to wait for no other."""
        pending = [found for found in self._model.deliveries.values() if found.state is DeliveryState.PENDING]
        holders = {found.id: await self._store.held_back_by(found.id) for found in pending if found.due_at <= now}
        assert all(holder.id in self._model.deliveries for holder in holders.values() if holder is not None)
        return {waiting for waiting, holder in holders.items() if holder is None}

    async def _end(self, work: Work, *, well: bool) -> None:
        number = work.delivery.attempts + 1
        settlement = delivered(work, number) if well else failed(work, number, NOW + 2)
        await self._store.settle(settlement)
        self._model.settle(settlement)

    async def _replay(self, which: int) -> None:
        ended = [found for found in self._model.deliveries.values() if found.state is DeliveryState.DELIVERED]
        if ended:
            delivery = ended[which % len(ended)]
            await replay(self._store, delivery.id)
            self._model.replay(delivery.id, NOW)

    async def _drain(self) -> None:
        """Claim and deliver until nothing is left: no delivery waits for ever."""
        while self._running or self._model.backlog:
            await self._claim(2, NOW + 10)
            assert self._running
            while self._running:
                await self._end(self._running.pop(), well=True)
