"""Events, deliveries and outcomes to put into a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import uuid_utils

from cockpit_gateway import Delivery, DeliveryState, Event
from cockpit_gateway.deliveries import Attempt, Outcome, Response, TargetId, Work
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import DeliveryFilter, NewDelivery, Settlement
from cockpit_gateway.targets import Coalesce

NOW = 1_700_000_000.25
"""Seconds since the Unix epoch: the present of these tests."""

ROOM = 2**40
"""Bytes: more than any of these tests claims."""

SITE = TargetId("webhook", "site")
SEARCH = TargetId("webhook", "search")

MakeStore = Callable[[], Store]
"""Makes an unopened store; each one of the same test holds the same data."""


def new_id() -> str:
    return str(uuid_utils.uuid7())


def an_event(at: float = NOW, **changes: object) -> Event:
    values: dict[str, object] = {
        "id": new_id(),
        "name": "collections.save.after",
        "source": "website",
        "body": b'{"event":"collections.save.after","hook":"all","backend":1,"args":["posts",{"_id":"1"},false]}',
        "received_at": at,
        "label": "main",
        "hook": "all",
        "backend": 1,
        "subjects": ("collections/posts/1",),
    }
    return Event(**(values | changes))  # type: ignore[arg-type]


def a_delivery(
    target_id: TargetId = SITE,
    key: str | None = None,
    due_at: float = NOW,
    *,
    leased: bool = False,
    coalesce: Coalesce | None = None,
) -> NewDelivery:
    return NewDelivery(new_id(), target_id, key, due_at, leased=leased, coalesce=coalesce)


async def accept(store: Store, *deliveries: NewDelivery, at: float = NOW) -> Event:
    """Accept an event with these deliveries, and return it as stored."""
    accepted = await store.accept(an_event(at), deliveries)
    return await store.event(accepted.event_id)


async def leased(store: Store, target_id: TargetId = SITE) -> Work:
    """Accept an event with one delivery, committed as leased."""
    accepted = await store.accept(an_event(), [a_delivery(target_id, leased=True)])
    return accepted.work[0]


def delivered(work: Work, number: int = 1, response: Response | None = None) -> Settlement:
    attempt = Attempt(number, NOW + 1, 0.5, Outcome.DELIVERED, None, response)
    return Settlement(work.delivery, attempt, DeliveryState.DELIVERED, NOW + 99, None)


def failed(work: Work, number: int = 1, due_at: float = NOW + 5) -> Settlement:
    attempt = Attempt(number, NOW + 1, 0.5, Outcome.RETRY, "busy")
    return Settlement(work.delivery, attempt, DeliveryState.PENDING, due_at, "busy")


def died(work: Work, number: int = 1) -> Settlement:
    attempt = Attempt(number, NOW + 1, 0.5, Outcome.REJECTED, "gone")
    return Settlement(work.delivery, attempt, DeliveryState.DEAD, NOW + 99, "gone")


async def claim(
    store: Store, target_id: TargetId = SITE, *, now: float = NOW, limit: int = 100, ordered: bool = False
) -> list[str]:
    """Claim, and return the ids of the deliveries leased."""
    claimed = await store.claim(target_id, now=now, limit=limit, room=ROOM, ordered=ordered)
    return ids(work.delivery for work in claimed.work)


async def replay(store: Store, *delivery_ids: str, now: float = NOW) -> None:
    """Replay deliveries, as a person does who names them."""
    step = await store.replay(DeliveryFilter(ids=delivery_ids), now=now)
    assert (step.changed, step.following) == (len(delivery_ids), None)


def ids(found: Iterable[Delivery | Event]) -> list[str]:
    return [item.id for item in found]


async def states(store: Store, deliveries: Sequence[NewDelivery]) -> list[DeliveryState]:
    """Return the states of deliveries, in the same order."""
    return [(await store.delivery(delivery.id)).state for delivery in deliveries]


async def all_deliveries(store: Store) -> list[Delivery]:
    return list(await store.deliveries(DeliveryFilter(limit=100_000)))
