"""Makes what store tests write."""

from __future__ import annotations

import uuid_utils

from cockpit_gateway import Attempt, Coalesce, Delivery, DeliveryState, Event, Outcome, Response
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.store.port import NewDelivery, Settlement

TARGET = TargetId("webhook", "search")
NOW = 1_800_000_000.0


def event(name: str = "collections.save.after", **fields: object) -> Event:
    """Return an event as ingest would make it."""
    given: dict[str, object] = {"source": "website", "body": b'{"args":[]}', "received_at": NOW} | fields
    return Event(str(uuid_utils.uuid7()), name, **given)  # type: ignore[arg-type]


def planned(
    target: TargetId = TARGET,
    *,
    key: str | None = None,
    due_at: float = NOW,
    leased: bool = False,
    coalesce: Coalesce | None = None,
) -> NewDelivery:
    """Return a delivery as planning would make it."""
    return NewDelivery(str(uuid_utils.uuid7()), target, key, due_at, leased, coalesce)


def settled(
    delivery: Delivery,
    state: DeliveryState = DeliveryState.DELIVERED,
    *,
    due_at: float = NOW + 1,
    reason: str | None = None,
    response: Response | None = None,
) -> Settlement:
    """Return the end of a delivery's next attempt."""
    outcome = {DeliveryState.DELIVERED: Outcome.DELIVERED, DeliveryState.DEAD: Outcome.REJECTED}.get(
        state, Outcome.RETRY
    )
    attempt = Attempt(delivery.attempts + 1, NOW, 0.25, outcome, reason, response)
    return Settlement(delivery, attempt, state, due_at, reason)
