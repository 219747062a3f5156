"""A model of a store: what its deliveries must be after each call of the port."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cockpit_gateway import DeliveryState, Event
from cockpit_gateway.deliveries import Delivery, Outcome, TargetId
from cockpit_gateway.store.records import Backlog, Duplicate, NewDelivery, Settlement

UNFINISHED = (DeliveryState.PENDING, DeliveryState.RUNNING)


@dataclass
class Item:
    """What the model knows of a delivery.

    Attributes:
        delivery: What the store must say of it, its reason aside.
        number: The how-many-th that was written.
        window_at: When the burst that it coalesces began.
        outcomes: How its attempts ended.
    """

    delivery: Delivery
    number: int
    window_at: float | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, int]:
        return self.delivery.seq, self.number

    def change(self, **changes: object) -> None:
        self.delivery = replace(self.delivery, **changes)  # type: ignore[arg-type]


@dataclass
class Model:
    """Events and their deliveries."""

    events: list[Event] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    _duplicates: dict[str, tuple[str, float]] = field(default_factory=dict)

    def accept(self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None = None) -> None:
        """Take a stored event, its `seq` set."""
        if duplicate is not None:
            self._duplicates[duplicate.key] = event.id, duplicate.until
        self.events.append(event)
        self.add(event, deliveries)

    def repeats(self, duplicate: Duplicate, now: float) -> str | None:
        """Return the event that a POST repeats."""
        event_id, until = self._duplicates.get(duplicate.key, ("", now))
        return event_id if until > now else None

    def add(self, event: Event, deliveries: Sequence[NewDelivery]) -> None:
        for new in deliveries:
            leased = new.leased and new.coalesce is None
            state = DeliveryState.RUNNING if leased else DeliveryState.PENDING
            plugin, target = new.target_id
            delivery = Delivery(
                new.id,
                event.id,
                event.seq,
                plugin,
                target,
                new.key,
                state,
                0,
                new.due_at,
                event.received_at,
                fresh_at=new.due_at,
                size=len(event.body),
            )
            item = Item(delivery, len(self.items))
            if new.coalesce is not None:
                self._coalesce(item, new)
            self.items[new.id] = item

    def claim(self, target_id: TargetId, *, now: float, limit: int, ordered: bool) -> tuple[list[str], float | None]:
        pending = [item for item in self._of(target_id) if item.delivery.state is DeliveryState.PENDING]
        free = [item for item in pending if not ordered or not self._held_back(item)]
        free.sort(key=lambda item: (item.delivery.due_at, item.order))
        taken = [item for item in free if item.delivery.due_at <= now][:limit]
        for item in taken:
            item.change(state=DeliveryState.RUNNING)
        rest = [item.delivery.due_at for item in free if item not in taken]
        return [item.delivery.id for item in taken], min(rest, default=None)

    def settle(self, settlement: Settlement) -> None:
        item, attempt = self.items[settlement.delivery.id], settlement.attempt
        item.outcomes.append(attempt.outcome)
        ended_at = None if settlement.state is DeliveryState.PENDING else attempt.started_at + attempt.duration
        due_at = settlement.due_at if ended_at is None else ended_at
        item.change(state=settlement.state, attempts=attempt.number, due_at=due_at, ended_at=ended_at)

    def release(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self.items[delivery.id].change(state=DeliveryState.PENDING)

    def replay(self, delivery_id: str, now: float) -> None:
        item = self.items[delivery_id]
        item.change(
            state=DeliveryState.PENDING,
            due_at=now,
            ended_at=None,
            superseded_by=None,
            fresh_from=item.delivery.attempts,
            fresh_at=now,
        )
        item.window_at = now

    @property
    def deliveries(self) -> dict[str, Delivery]:
        return {item.delivery.id: item.delivery for item in self.items.values()}

    @property
    def running(self) -> list[Delivery]:
        return [found for found in self.deliveries.values() if found.state is DeliveryState.RUNNING]

    @property
    def totals(self) -> Mapping[tuple[TargetId, DeliveryState], int]:
        return Counter((found.target_id, found.state) for found in self.deliveries.values())

    @property
    def backlog(self) -> Mapping[TargetId, Backlog]:
        waiting: dict[TargetId, list[Delivery]] = {}
        for found in self.deliveries.values():
            if found.state is DeliveryState.PENDING:
                waiting.setdefault(found.target_id, []).append(found)
        return {
            target_id: Backlog(
                len(found),
                min(each.due_at for each in found),
                sum(each.size for each in found),
                min(each.fresh_at for each in found),
            )
            for target_id, found in waiting.items()
        }

    def _of(self, target_id: TargetId) -> Iterator[Item]:
        return (item for item in self.items.values() if item.delivery.target_id == target_id)

    def _held_back(self, item: Item) -> bool:
        """Tell whether an earlier delivery, or one under way, keeps this one waiting."""
        return any(
            related(item.delivery.key, other.delivery.key)
            for other in self._of(item.delivery.target_id)
            if other is not item
            and other.delivery.state in UNFINISHED
            and (other.order < item.order or other.delivery.state is DeliveryState.RUNNING)
        )

    def _coalesce(self, item: Item, new: NewDelivery) -> None:
        assert new.coalesce is not None
        now, rule = new.due_at, new.coalesce
        pending = sorted(self._pending_of_lane(new), key=lambda other: other.order)
        merged = pending[-1:] if rule.keep == "list" else pending
        untried = [other for other in merged if not other.delivery.attempts]
        begins = [other.delivery.fresh_at if other.window_at is None else other.window_at for other in untried]
        window_at = min(begins, default=now)
        due_at = min(now + rule.wait, max(now, window_at + rule.max_wait))
        if rule.keep == "first" and pending:
            self._join(item, pending[0], now=now, due_at=due_at, window_at=window_at)
            return
        for other in merged:
            other.change(state=DeliveryState.SUPERSEDED, superseded_by=new.id, ended_at=now)
            if rule.keep == "list":
                item.change(size=item.delivery.size + other.delivery.size)
        item.window_at = window_at
        item.change(due_at=due_at)

    def _join(self, item: Item, first: Item, *, now: float, due_at: float, window_at: float) -> None:
        item.change(state=DeliveryState.SUPERSEDED, superseded_by=first.delivery.id, ended_at=now)
        if not first.delivery.attempts:
            first.window_at = window_at
            first.change(due_at=due_at)

    def _pending_of_lane(self, new: NewDelivery) -> Iterator[Item]:
        for item in self._of(new.target_id):
            if item.delivery.state is DeliveryState.PENDING and item.delivery.key == new.key:
                yield item


def related(one: str | None, other: str | None) -> bool:
    """Tell whether one key is the other, or a path prefix of it; "" is a prefix of all, and None of none."""
    if one is None or other is None:
        return False
    if "" in (one, other):
        return True
    shorter, longer = sorted((one.split("/"), other.split("/")), key=len)
    return longer[: len(shorter)] == shorter


def superseded_name_a_successor_and_chains_end(found: Sequence[Delivery]) -> None:
    of = {delivery.id: delivery for delivery in found}
    for delivery in found:
        assert (delivery.superseded_by is not None) == (delivery.state is DeliveryState.SUPERSEDED)
        chain, successor = [delivery], delivery
        while successor.superseded_by is not None:
            successor = of[successor.superseded_by]
            assert (successor.target_id, successor.key) == (delivery.target_id, delivery.key)
            assert successor not in chain
            chain.append(successor)


def no_two_of_a_lane_run_at_once(found: Sequence[Delivery], ordered: Collection[TargetId]) -> None:
    running = [one for one in found if one.state is DeliveryState.RUNNING and one.target_id in ordered]
    for one, other in itertools.combinations(running, 2):
        assert one.target_id != other.target_id or not related(one.key, other.key)
