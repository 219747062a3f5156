"""What is to be accepted: events with their deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cockpit_gateway.deliveries import Delivery, DeliveryState, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store.records import Duplicate, NewDelivery


class Plan(NamedTuple):
    """An event with its deliveries."""

    event: Event
    deliveries: Sequence[NewDelivery]

    @property
    def coalesces(self) -> bool:
        """Whether one of the deliveries is to be merged with others."""
        return any(delivery.coalesce is not None for delivery in self.deliveries)


class Accept(NamedTuple):
    """A plan whose event is not stored yet."""

    plan: Plan
    duplicate: Duplicate | None


def is_leased(delivery: NewDelivery) -> bool:
    """Tell whether a delivery is committed as leased.

    A coalescing delivery waits for the burst to end, whatever it asks for.
    """
    return delivery.leased and delivery.coalesce is None


def leases(plans: Iterable[Plan]) -> Sequence[str]:
    """Return the ids of the deliveries that are committed as leased."""
    return [delivery.id for plan in plans for delivery in plan.deliveries if is_leased(delivery)]


def leased_work(plan: Plan) -> Sequence[Work]:
    """Return the deliveries that are committed as leased, with their event, whose seq is known."""
    return [Work(_leased(plan.event, delivery), plan.event) for delivery in plan.deliveries if is_leased(delivery)]


def _leased(event: Event, delivery: NewDelivery) -> Delivery:
    plugin, target = delivery.target_id
    return Delivery(
        delivery.id,
        event.id,
        event.seq,
        plugin,
        target,
        delivery.key,
        DeliveryState.RUNNING,
        attempts=0,
        due_at=delivery.due_at,
        created_at=event.received_at,
        fresh_at=delivery.due_at,
        size=len(event.body),
    )
