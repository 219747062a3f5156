"""What goes into a store and comes out of it, whichever engine keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from cockpit_gateway.deliveries import Attempt, Delivery, DeliveryState, Hold, TargetId, Work
from cockpit_gateway.events import Event, EventStatus
from cockpit_gateway.targets import Coalesce

_Item = TypeVar("_Item")
_Place = TypeVar("_Place", int, str)


MOST_CRASHES = 3
"""Deaths of the process in a row after which a delivery is given up: the first among others, the further ones alone."""


class Opened(NamedTuple):
    """What a store was found to be when it was opened.

    Attributes:
        gateway_id: The gateway's own id, made with the store.
        unclean: True if the process before had not closed it.
        parked: Deliveries that were given up because the process died in each of their last attempts.
        cancelled: How many deliveries were cancelled because the store is a restored backup.
    """

    gateway_id: str
    unclean: bool
    parked: Sequence[Delivery]
    cancelled: int


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be written.

    Attributes:
        id: UUIDv7.
        target_id: Where it goes.
        key: The lane's key; required for an ordered or coalescing target.
        due_at: Seconds since the Unix epoch.
        leased: True to commit it as running, leased to this store's owner, ready to be handed over from memory.
        coalesce: The target's coalescing rule: pending deliveries of the same target and key are merged with
            this one, and `due_at` is moved by it.
    """

    id: str
    target_id: TargetId
    key: str | None
    due_at: float
    leased: bool = False
    coalesce: Coalesce | None = None


class Duplicate(NamedTuple):
    """Recognises a repeated POST.

    Attributes:
        key: What two copies share: a digest of source, header and body.
        until: Seconds since the Unix epoch after which an equal key is a new event.
    """

    key: str
    until: float


class Accepted(NamedTuple):
    """The result of `accept`.

    Attributes:
        event_id: The event's id, or the earlier one's if this was a duplicate.
        duplicate: True if nothing was written because the same POST had been accepted before.
        work: The deliveries committed as leased, with their event (`seq` set).
    """

    event_id: str
    duplicate: bool
    work: Sequence[Work]


class Settlement(NamedTuple):
    """The end of an attempt: its row, and where the delivery goes from there.

    Attributes:
        delivery: The delivery as it was leased.
        attempt: The attempt that ended.
        state: `pending` to try again, or an end.
        due_at: When to try again; ignored for an end.
        reason: The reason kept with the delivery.
    """

    delivery: Delivery
    attempt: Attempt
    state: DeliveryState
    due_at: float
    reason: str | None


class Claimed(NamedTuple):
    """The result of `claim`.

    Attributes:
        work: Deliveries now leased to this owner, oldest due first.
        next_due: When the next pending delivery of that target is due, in seconds since the Unix epoch; None
            if there is none, or (ordered) if each waits for one that is running.
        searched: Seconds that it took to find the heads of lanes.
    """

    work: Sequence[Work]
    next_due: float | None
    searched: float = 0.0


@dataclass(frozen=True, slots=True)
class TargetState:
    """Run-time state of a target that outlives the process.

    Attributes:
        target_id: Its name.
        held: `paused` or `disabled`, None for neither.
        reason: Why.
        changed_at: Since when, seconds since the Unix epoch.
        failing_for: Seconds of nothing but failures, the time that the gateway was down aside.
    """

    target_id: TargetId
    held: Hold | None = None
    reason: str | None = None
    changed_at: float | None = None
    failing_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a target.

    Attributes:
        pending: Deliveries.
        next_due: When the first is due, seconds since the Unix epoch.
        size: Bytes of the bodies that they carry.
        oldest_at: Since when the longest waits, seconds since the Unix epoch.
    """

    pending: int
    next_due: float
    size: int
    oldest_at: float


class Retention(NamedTuple):
    """What is kept. Events that are to be delivered yet are kept in any case.

    Attributes:
        age: Seconds since an event came; older ones go, with their deliveries and attempts.
        rows: At most so many events, None for any number; the oldest go first.
        size: Bytes that everything together may have; beyond that the oldest events go.
    """

    age: float
    rows: int | None
    size: int


class Pruned(NamedTuple):
    """What a step deleted.

    Attributes:
        events: So many events.
        last: The seq that it looked up to; None if everything after it is to be kept.
    """

    events: int
    last: int | None


class Trimmed(NamedTuple):
    """How many deliveries died because too much waited: too long, or too many."""

    expired: int
    overflow: int


class Page(list[_Item], Generic[_Item, _Place]):
    """Some of what a filter finds, newest first.

    Args:
        items: What was found.
        following: Where the next page goes on, for the filter's `before`; None after the last.
        searched_to: When the last event that was looked at was received, seconds since the Unix epoch, if a bounded
            list ended there with less than it was asked for; None otherwise.
    """

    def __init__(
        self, items: Iterable[_Item] = (), following: _Place | None = None, searched_to: float | None = None
    ) -> None:
        super().__init__(items)
        self.following: _Place | None = following
        self.searched_to = searched_to


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Narrows events; None, or nothing where several can be named, means any.

    Attributes:
        ids: One of these.
        name: With this full name.
        source: Of this source.
        subject: About this, or about something below it.
        status: With this status.
        since: Received then or later, seconds since the Unix epoch.
        until: Received before then, seconds since the Unix epoch.
        before: The seq that a page of a list ends below (exclusive).
        limit: At most so many on a page of a list.
        bounded: True to end a page of a list after so many rows as may be looked at in some 20 ms, found or not.
    """

    ids: Sequence[str] = ()
    name: str | None = None
    source: str | None = None
    subject: str | None = None
    status: EventStatus | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None
    limit: int = 50
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Narrows deliveries; None, or nothing where several can be named, means any.

    Attributes:
        ids: One of these.
        plugin: To a target of this plugin.
        target: To a target of this name.
        states: In one of these states.
        event_id: Of this event.
        name: Of events with this full name.
        source: Of events of this source.
        subject: Of events about this, or about something below it.
        since: Of events received then or later, seconds since the Unix epoch.
        until: Of events received before then, seconds since the Unix epoch.
        before: What a page of a list ends below (exclusive): a delivery's id, or the `following` of a page.
        limit: At most so many on a page of a list.
        bounded: True to end a page of a list after so many rows as may be looked at in some 20 ms, found or not.
    """

    ids: Sequence[str] = ()
    plugin: str | None = None
    target: str | None = None
    states: Sequence[DeliveryState] = ()
    event_id: str | None = None
    name: str | None = None
    source: str | None = None
    subject: str | None = None
    since: float | None = None
    until: float | None = None
    before: str | None = None
    limit: int = 50
    bounded: bool = False


class Tally(NamedTuple):
    """What a filter finds of one target in one state.

    Attributes:
        target_id: The target.
        state: The state.
        found: How many deliveries.
        oldest: When the first of their events was received, seconds since the Unix epoch.
        newest: When the last of their events was received, seconds since the Unix epoch.
        overtaken: How many of them are about something of which a newer event was delivered to the same target.
    """

    target_id: TargetId
    state: DeliveryState
    found: int
    oldest: float
    newest: float
    overtaken: int


class Found(NamedTuple):
    """Some of what a filter for events finds.

    Attributes:
        events: How many events.
        deliveries: How many deliveries of theirs.
        pending: How many of these are to be made yet.
        running: How many of these are under way.
        following: Where the next page goes on, None after the last.
    """

    events: int
    deliveries: int
    pending: int
    running: int
    following: Cursor | None


class StoredEndpoint(NamedTuple):
    """An endpoint that was made while the gateway ran.

    Attributes:
        name: Its name.
        sealed: Its settings, sealed.
        version: Another one after each change.
        created_at: Seconds since the Unix epoch.
        changed_at: Seconds since the Unix epoch.
    """

    name: str
    sealed: bytes
    version: str
    created_at: float
    changed_at: float


class Cursor(NamedTuple):
    """How far a walk through what a filter finds has come, by order of acceptance.

    Attributes:
        seq: The event up to which all is done.
        number: The last of its deliveries that is done, by the store's own count.
        last: What came after this when the walk began is no part of it: a delivery by the store's count, or a seq.
    """

    seq: int
    number: int
    last: int


class Measures(NamedTuple):
    """What a store takes, and has to do.

    Attributes:
        waiting: Jobs that wait for the next transaction.
        size: Bytes of what is stored.
        log: Bytes of its write-ahead log; None if a database server has one.
        free: Bytes that are free on its disk; None if a database server has one.
    """

    waiting: int
    size: int
    log: int | None
    free: int | None


class Step(NamedTuple):
    """The result of one step through many deliveries.

    Attributes:
        changed: How many were changed.
        skipped: How many were left alone: they were running, or meanwhile in another state.
        target_ids: The targets of this step.
        following: Where the next step goes on, None after the last.
    """

    changed: int
    skipped: int
    target_ids: Sequence[TargetId]
    following: Cursor | None


class EventPage(NamedTuple):
    """Some of the events that a filter finds.

    Attributes:
        events: In order of acceptance.
        delivered: By seq, the targets to which one of them was delivered.
        last: The last seq that belongs to the walk.
        following: Where the next page goes on, None after the last.
    """

    events: Sequence[Event]
    delivered: Mapping[int, Collection[TargetId]]
    last: int
    following: Cursor | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Row counts for metrics and the overview: events by status, deliveries by target and state."""

    events: Mapping[EventStatus, int] = field(default_factory=dict[EventStatus, int])
    deliveries: Mapping[tuple[TargetId, DeliveryState], int] = field(
        default_factory=dict[tuple[TargetId, DeliveryState], int]
    )
