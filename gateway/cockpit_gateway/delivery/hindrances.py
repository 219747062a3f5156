"""Hindrances: what keeps a delivery from its attempt, told to whoever asks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from cockpit_gateway.deliveries import Delivery, DeliveryState
from cockpit_gateway.delivery.queue import TargetQueue


class WaitsFor(StrEnum):
    """What an unfinished delivery waits for."""

    GATEWAY = "gateway"
    """No gateway runs."""
    HOLD = "hold"
    """Its target is held."""
    TIME = "time"
    """It is due later."""
    LANE = "lane"
    """An earlier delivery of its lane, or of one above or below, comes first."""
    RATE = "rate"
    """The target's rate limit."""
    CONCURRENCY = "concurrency"
    """So many attempts at its target are under way as may be."""
    THREADS = "threads"
    """All threads of its plugin are busy."""
    NODE = "node"
    """Another node delivers it."""
    ATTEMPT = "attempt"
    """Nothing: it is being attempted, or about to be."""


class Wait(NamedTuple):
    """Why a delivery waits.

    Attributes:
        what: What it waits for.
        reason: The same in a line.
        seconds: For how long at most, None if that is not known.
    """

    what: WaitsFor
    reason: str
    seconds: float | None = None


def hold_of(queue: TargetQueue, steady: float) -> Wait | None:
    """Return why a target's deliveries are passed by, None if they are not.

    Args:
        queue: The target's.
        steady: Seconds of the clock that nobody turns.
    """
    if not queue.target.active:
        return Wait(WaitsFor.HOLD, "`active` is false in the configuration")
    if queue.hold is None:
        return None
    probe_at = None if queue.breaker is None or queue.held is not None else queue.breaker.probe_at
    seconds = None if probe_at is None else max(0.0, probe_at - steady)
    probed = "" if probe_at is None else ", one attempt will probe it"
    reason = f" ({queue.reason})" if queue.reason else ""
    return Wait(WaitsFor.HOLD, f"the target is {queue.hold.value}{reason}{probed}", seconds)


def limit_of(queue: TargetQueue, delivery: Delivery, steady: float) -> Wait:
    """Return which of its target's limits a delivery waits for that is due and not held.

    Args:
        queue: The target's.
        delivery: The delivery.
        steady: Seconds of the clock that nobody turns.
    """
    target = queue.target
    is_ready = any(work.delivery.id == delivery.id for work in queue.ready)
    if delivery.state is DeliveryState.RUNNING and not is_ready:
        return Wait(WaitsFor.ATTEMPT, "an attempt is under way, or about to be")
    if queue.token_at is not None:
        assert target.rate is not None  # noqa: S101 - who has no rate waits for no token
        reason = f"the target takes {target.rate.per_second:g} a second"
        return Wait(WaitsFor.RATE, reason, max(0.0, queue.token_at - steady))
    if queue.running >= target.concurrency:
        return Wait(WaitsFor.CONCURRENCY, f"the target takes {target.concurrency} at once")
    if queue.slots is not None and queue.slots.locked():
        return Wait(WaitsFor.THREADS, "all threads of its plugin are busy")
    return Wait(WaitsFor.ATTEMPT, "it is about to be attempted")
