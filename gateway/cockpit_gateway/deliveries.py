"""Deliveries: one event on its way to one target of one plugin, and the attempts made at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from cockpit_gateway.events import Event

LONGEST_KEY = 1024
"""Bytes of a lane's key: more than paths of Cockpit have, and less than what an index of any store takes."""


class DeliveryState(StrEnum):
    """Where a delivery stands. The last four are ends."""

    PENDING = "pending"
    """Due at a time."""
    RUNNING = "running"
    """Leased to an owner."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up, with a reason: a dead letter."""
    SUPERSEDED = "superseded"
    """Replaced by another delivery, which it names."""
    CANCELLED = "cancelled"
    """Stopped by a person."""


class Hold(StrEnum):
    """Why a target's pending deliveries are passed by."""

    PAUSED = "paused"
    """By a person, or by `active: false`."""
    DISABLED = "disabled"
    """It asked never to be called again, or failed too long."""
    BROKEN = "broken"
    """It failed again and again; one attempt will probe it."""
    NO_TARGET = "no target"
    """The configuration does not name it any more."""


class Outcome(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REJECTED = "rejected"


class Cause(StrEnum):
    """Why an attempt failed, in one of a few words, for counting; the attempt's reason tells the rest."""

    ANSWERED_3XX = "status_3xx"
    """By the status of what the target answered."""
    ANSWERED_4XX = "status_4xx"
    """Any but 429."""
    ANSWERED_429 = "status_429"
    ANSWERED_5XX = "status_5xx"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_FAILED = "connection_failed"
    """In another way: not reached, or lost."""
    NAME_NOT_FOUND = "dns"
    TLS = "tls"
    PROXY = "proxy"
    FORBIDDEN_ADDRESS = "forbidden_address"
    """The network policy has it."""
    REJECTED = "rejected"
    """The plugin gave it up, without an answer to tell."""
    ASKED = "asked_to_retry"
    """The plugin put it off, without an answer to tell."""
    RAISED = "raised"
    """The plugin failed."""


class TargetId(NamedTuple):
    """Names a target: a plugin, and one of its targets (an endpoint's name, or a handler's hook)."""

    plugin: str
    target: str

    def __str__(self) -> str:
        return f"{self.plugin}:{self.target}"


def lane_key(path: str) -> str:
    """Return a lane's key as it is stored: a digest stands for what makes it too long, below the path that is left.

    Example:
        >>> lane_key("collections/posts/1")
        'collections/posts/1'
        >>> lane_key("collections/posts/" + 9999 * "1")[:32]
        'collections/posts/sha256-54b4cfa'
    """
    encoded = path.encode()
    if len(encoded) <= LONGEST_KEY:
        return path
    above, slash, _ = encoded[: LONGEST_KEY - 80].decode(errors="ignore").rpartition("/")
    return f"{above}{slash}sha256-{sha256(encoded).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Response:
    """What a target answered to one attempt.

    Attributes:
        status: HTTP status, or None for a transport without one.
        headers: Pairs in the order received, names as received.
        body: What is kept of it: of an HTTP answer, the first 4 KiB.
        truncated: True when the body was longer.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class RequestPreview:
    """What an attempt would send now, as a person may see it.

    Attributes:
        method: How: an HTTP method, or what stands for it.
        url: Where to; what is secret in it is masked.
        headers: Pairs in the order sent; what is secret is masked.
        body: The body.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery.

    Attributes:
        number: 1 for the first.
        started_at: Seconds since the Unix epoch.
        duration: Seconds.
        outcome: How it ended.
        reason: One line when it was not delivered.
        response: What the target answered, if it did.
    """

    number: int
    started_at: float
    duration: float
    outcome: Outcome
    reason: str | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one target of one plugin.

    Attributes:
        id: UUIDv7; the same on every attempt, and what the webhook plugin sends as `webhook-id`.
        event_id: The event's id.
        seq: The event's order of acceptance.
        plugin: The plugin's name.
        target: The target's name within the plugin: an endpoint, or a handler's hook.
        key: The lane's key, a path; None when no order is kept.
        state: Where it stands.
        attempts: Attempts made so far.
        due_at: When a pending delivery is due, seconds since the Unix epoch.
        created_at: When it was planned, seconds since the Unix epoch.
        ended_at: When it reached an end, None before.
        reason: Why it is where it is: the last failure, or the reason of the end.
        superseded_by: The id of the delivery that replaced it.
        fresh_from: Attempts made before it was last put back; its retry schedule counts from there.
        fresh_at: When its retry schedule began: when it was planned or last put back, seconds since the Unix epoch.
        size: Bytes of the bodies that it carries: of its event, and of those merged into it.
    """

    id: str
    event_id: str
    seq: int
    plugin: str
    target: str
    key: str | None
    state: DeliveryState
    attempts: int
    due_at: float
    created_at: float
    ended_at: float | None = None
    reason: str | None = None
    superseded_by: str | None = None
    fresh_from: int = 0
    fresh_at: float = 0.0
    size: int = 0

    @property
    def target_id(self) -> TargetId:
        """The target's full name."""
        return TargetId(self.plugin, self.target)


class Work(NamedTuple):
    """A leased delivery with its event: all that an attempt needs.

    Attributes:
        delivery: The delivery.
        event: Its event; of several, the newest.
        batch: All events that it carries, by seq, if there may be several.
    """

    delivery: Delivery
    event: Event
    batch: Sequence[Event] = ()
