"""A model of ordered claims, and histories to hold an engine against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import strategies as st
from stores import NOW, a_delivery, an_event, delivered, failed, new_id, replay

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


@dataclass
class Item:
    """What the model knows of a delivery."""

    id: str
    order: tuple[int, int]
    key: str
    due_at: float
    state: DeliveryState = DeliveryState.PENDING


@dataclass
class Model:
    """The deliveries of one target, and what may be claimed of them."""

    items: list[Item] = field(default_factory=list)

    def claim(self, limit: int, now: float) -> tuple[list[str], float | None]:
        free = sorted(self._free(), key=lambda item: (item.due_at, item.order))
        taken = [item for item in free if item.due_at <= now][:limit]
        for item in taken:
            item.state = DeliveryState.RUNNING
        return [item.id for item in taken], min((item.due_at for item in free if item not in taken), default=None)

    def of(self, delivery_id: str) -> Item:
        return next(item for item in self.items if item.id == delivery_id)

    def _free(self) -> Iterator[Item]:
        unfinished = [item for item in self.items if item.state in (DeliveryState.PENDING, DeliveryState.RUNNING)]
        for item in unfinished:
            before = (
                other
                for other in unfinished
                if other is not item and (other.order < item.order or other.state is DeliveryState.RUNNING)
            )
            if item.state is DeliveryState.PENDING and not any(related(item.key, other.key) for other in before):
                yield item


def related(one: str, other: str) -> bool:
    """Tell whether one key is the other, or a path prefix of it; "" is a prefix of all."""
    if "" in (one, other):
        return True
    shorter, longer = sorted((one.split("/"), other.split("/")), key=len)
    return longer[: len(shorter)] == shorter


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
                self._model.of(work.delivery.id).state = DeliveryState.PENDING
            case Replay():
                await self._replay(step.which)
            case _:
                pass

    async def _add(self, step: Add) -> None:
        deliveries = [a_delivery(self._target, key, NOW + step.due_in) for key in step.keys]
        event = an_event()
        await self._store.accept(event, deliveries)
        seq = (await self._store.event(event.id)).seq
        self._model.items += [
            Item(delivery.id, (seq, number), delivery.key or "", delivery.due_at)
            for number, delivery in enumerate(deliveries)
        ]

    async def _claim(self, limit: int, now: float) -> None:
        claimed = await self._store.claim(self._target, now=now, limit=limit, ordered=True)
        self._running += claimed.work
        assert ([work.delivery.id for work in claimed.work], claimed.next_due) == self._model.claim(limit, now)

    async def _end(self, work: Work, *, well: bool) -> None:
        item, number = self._model.of(work.delivery.id), work.delivery.attempts + 1
        await self._store.settle(delivered(work, number) if well else failed(work, number, NOW + 2))
        item.state = DeliveryState.DELIVERED if well else DeliveryState.PENDING
        item.due_at = item.due_at if well else NOW + 2

    async def _replay(self, which: int) -> None:
        ended = [item for item in self._model.items if item.state is DeliveryState.DELIVERED]
        if ended:
            item = ended[which % len(ended)]
            await replay(self._store, item.id)
            item.state, item.due_at = DeliveryState.PENDING, NOW

    async def _drain(self) -> None:
        """Claim and deliver until nothing is left: no delivery waits for ever."""
        while any(item.state is not DeliveryState.DELIVERED for item in self._model.items):
            await self._claim(2, NOW + 10)
            assert self._running
            while self._running:
                await self._end(self._running.pop(), well=True)
