"""The port: what the gateway asks of a store, whichever engine keeps it.

An engine promises: what a call returned is durable; `accept` writes an event and its deliveries in one
transaction; `seq` grows in commit order; a delivery is leased to one owner at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cockpit_gateway.deliveries import Attempt, Delivery, Hold, TargetId, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store.activity import Activity, Cell, Period, SourceCell, TargetCell
from cockpit_gateway.store.answers import KeepsAnswers
from cockpit_gateway.store.nodes import Membership
from cockpit_gateway.store.notices import Told
from cockpit_gateway.store.records import (
    Accepted,
    Backlog,
    Claimed,
    Cursor,
    DeliveryFilter,
    Duplicate,
    EventFilter,
    EventPage,
    Found,
    Measures,
    NewDelivery,
    Opened,
    Page,
    Pruned,
    Retention,
    Settlement,
    Step,
    StoredEndpoint,
    Tally,
    TargetState,
    Totals,
    Trimmed,
)
from cockpit_gateway.targets import BacklogLimit


class Store(Membership, KeepsAnswers, Protocol):
    """What the gateway asks of a store.

    Every call raises `StoreUnavailableError` when the store cannot do it now (disk full, closed) and
    `StoreError` when waiting would not help. Nothing is half done.
    """

    async def open(self) -> Opened:
        """Open the store, migrate its schema, take this process's ownership, free what dead owners had leased.

        A delivery in whose attempt a process died is a suspect. One with which that happened too often is given up.
        In a shared store heartbeats do so, since others may be alive though they could not extend their leases.

        Raises:
            StoreOwnedError: another process owns it (SQLite: the file; PostgreSQL: never).
            StoreError: it is of a newer program, corrupt, foreign, or not writable.
        """
        ...

    async def close(self) -> None:
        """Commit what was handed in, give back every lease of this owner, and close."""
        ...

    async def accept(
        self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None = None
    ) -> Accepted:
        """Write an event with its deliveries, in one transaction, and return once it is durable."""
        ...

    async def add_deliveries(self, event: Event, deliveries: Sequence[NewDelivery]) -> Sequence[Work]:
        """Write further deliveries of a stored event; returns those committed as leased."""
        ...

    def mark_begun(self, delivery: Delivery) -> None:
        """Note, with the next commit, that an attempt has begun; nothing is waited for."""
        ...

    async def begin(self, delivery: Delivery, *, alone: bool) -> None:
        """Note that an attempt begins, and return once that is durable.

        Args:
            delivery: The delivery, leased.
            alone: True if no other suspect is tried at the same time: if the process dies now, it was this one.
        """
        ...

    def clear(self, delivery: Delivery) -> None:
        """Note, with the next commit, that the process has outlived a suspect's attempt; nothing is waited for."""
        ...

    async def suspects(self) -> Sequence[str]:
        """Lease every pending delivery in whose attempt a process died, and of whose target no other node is home.

        Returns:
            Their ids, the least often first.
        """
        ...

    async def leased(self, delivery_id: str) -> Work:
        """Return a leased delivery with its event.

        Raises:
            NotFoundError: no such delivery.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Write an attempt's row and the delivery's new state, and return once it is durable.

        Raises:
            LeaseLostError: the delivery is not leased (any more) to this owner; nothing was written.
        """
        ...

    async def claim(self, target_id: TargetId, *, now: float, limit: int, room: int, ordered: bool) -> Claimed:
        """Lease due deliveries of a target to this owner.

        Args:
            target_id: The target.
            now: Deliveries due up to this time, seconds since the Unix epoch.
            limit: At most so many.
            room: Bytes that their bodies may have together; one delivery may have more.
            ordered: Only heads of lanes: no earlier unfinished delivery (by seq) of this target, nor a later one that
                is running, has the same key, nor one that is a path prefix of it, nor one of which it is a path
                prefix. One without a key waits for none.
        """
        ...

    async def batch(self, delivery_id: str) -> Sequence[Event]:
        """Return the events that a delivery carries: its own, and those of the deliveries merged into it, by seq."""
        ...

    async def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leased deliveries back: pending, due at once, no attempt counted."""
        ...

    async def heartbeat(self, seconds: float) -> bool:
        """Extend this owner's leases to so many seconds from now, by the store's clock; free those that have run out.

        Returns:
            False if this owner's leases had run out and were freed: others may attempt what it had leased. From now
            on this process is another owner, with leases of its own.
        """
        ...

    async def watch(self, told: Told) -> None:
        """Have told from now on what other processes on the same store change; notices may be missed.

        Args:
            told: Is told; also once at the beginning, and after each time in which notices may have been missed.
        """
        ...

    async def tally(self, wanted: DeliveryFilter) -> Sequence[Tally]:
        """Count what a filter finds, by target and state.

        Raises:
            NotFoundError: a delivery that the filter names does not exist.
        """
        ...

    async def replay(
        self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None, new_ids: bool = False
    ) -> Step:
        """Make some of the deliveries that a filter finds pending and due at once, each on a fresh schedule.

        The oldest come first, so that lanes keep their order. A delivery made after the walk began, and one that dies
        again meanwhile, is not taken; a running one is skipped.

        Args:
            wanted: Which deliveries.
            now: Seconds since the Unix epoch.
            cursor: Where the step before ended; None for the first.
            new_ids: True to put a new delivery in the place of each, which is superseded by it.

        Raises:
            NotFoundError: a delivery that the filter names does not exist.
        """
        ...

    async def cancel(self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None) -> Step:
        """Cancel some of the deliveries that a filter finds, if they are pending or dead; see `replay`."""
        ...

    async def walk(self, wanted: EventFilter, cursor: Cursor | None = None) -> EventPage:
        """Return some of the events that a filter finds, in order of acceptance.

        Raises:
            NotFoundError: an event that the filter names does not exist.
        """
        ...

    async def add_replayed(self, event: Event, deliveries: Sequence[NewDelivery]) -> None:
        """Write pending deliveries of a stored event, each for itself: none is merged with another."""
        ...

    async def set_targets(self, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
        """Record the targets of today's configuration; one whose fingerprint changed is neither paused nor disabled."""
        ...

    async def set_held(self, target_id: TargetId, held: Hold | None, *, reason: str | None, now: float) -> TargetState:
        """Pause or disable a target, or let it go; it begins anew to count how long it fails.

        Raises:
            NotFoundError: no such target.
        """
        ...

    async def note_failing(self, target_id: TargetId, seconds: float) -> None:
        """Note for how long a target has done nothing but fail."""
        ...

    async def trim(self, target_id: TargetId, limit: BacklogLimit, *, now: float, step: int) -> Trimmed:
        """Give up the oldest of a target's pending deliveries as far as they are beyond its limit.

        Args:
            target_id: The target; it need not be configured any more.
            limit: What may wait.
            now: Seconds since the Unix epoch.
            step: At most so many deliveries at once.
        """
        ...

    async def prune(self, retention: Retention, *, now: float, after: int, step: int) -> Pruned:
        """Delete some of the oldest events that need not be kept, with all that belongs to them.

        Args:
            retention: What is to be kept.
            now: Seconds since the Unix epoch.
            after: Only events with a higher seq: where the step before ended.
            step: At most so many events are looked at.
        """
        ...

    async def shorten(self) -> bool:
        """Give some of the room that is free in the store back to the disk; return whether there is more."""
        ...

    async def measure(self) -> Measures:
        """Return what the store takes, and has to do."""
        ...

    async def set_reserve_aside(self) -> bool | None:
        """Set room on the disk aside for when there is no other.

        Returns:
            Whether there is some; None if a database server has the disk.
        """
        ...

    async def count(self, wanted: EventFilter, cursor: Cursor | None = None) -> Found:
        """Count some of the events that a filter finds, and their deliveries, in order of acceptance.

        Raises:
            NotFoundError: an event that the filter names does not exist.
        """
        ...

    async def purge(self, wanted: EventFilter, cursor: Cursor | None = None) -> Step:
        """Delete some of the events that a filter finds, with everything that belongs to them, pending or not.

        Events that are being delivered are skipped. What is sent together with a deleted event is sent without it.

        Raises:
            NotFoundError: an event that the filter names does not exist.
        """
        ...

    async def forget(self) -> bool:
        """Leave no trace of what was purged outside of free room; return whether that was possible just now."""
        ...

    async def shift_due(self, seconds: float, *, now: float) -> None:
        """Move due times by so many seconds, because the clock was turned: those of targets whose home is this node.

        Args:
            seconds: By how much; negative if the clock was turned back.
            now: What the clock says now. What was planned since it was turned forward is left as it is.
        """
        ...

    async def clamp_due(self, target_id: TargetId, latest: float) -> None:
        """Make a target's pending deliveries that are due later than `latest` due then."""
        ...

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        """Return what a plugin keeps under a key, None for nothing."""
        ...

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        """Keep something of a plugin's under a key, and return once that is durable; None to keep nothing."""
        ...

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        """List a plugin's keys that begin with a prefix and come after another key, in order."""
        ...

    async def endpoints(self) -> Sequence[StoredEndpoint]:
        """Return the endpoints that were made while the gateway ran, by name."""
        ...

    async def put_endpoint(self, name: str, sealed: bytes, *, expected: str | None, now: float) -> None:
        """Keep an endpoint, and return once that is durable.

        Args:
            name: Its name.
            sealed: Its settings, sealed.
            expected: The version that is to be replaced; None for a new one.
            now: Seconds since the Unix epoch.

        Raises:
            ConflictError: it has another version, or is there already, or is there no more.
        """
        ...

    async def remove_endpoint(self, name: str, *, expected: str) -> None:
        """Remove an endpoint of that version, and return once that is durable; see `put_endpoint`."""
        ...

    async def target_states(self) -> Sequence[TargetState]:
        """Return the recorded state of every target ever configured."""
        ...

    async def backlog(self) -> Mapping[TargetId, Backlog]:
        """Return what is pending, per target, targets that the configuration no longer names included."""
        ...

    async def dead_letters(self) -> Mapping[TargetId, int]:
        """Return how many dead letters are kept, per target that has some."""
        ...

    async def totals(self) -> Totals:
        """Count rows."""
        ...

    async def add_activity(self, added: Activity, *, now: float) -> None:
        """Add counts to what is kept of their minutes and hours, by this process and others; forget the oldest.

        Args:
            added: The counts; each names its target.
            now: Seconds since the Unix epoch.
        """
        ...

    async def source_activity(self, period: Period) -> Mapping[SourceCell, int]:
        """Return what was counted of every source, by the steps of a period."""
        ...

    async def target_activity(self, period: Period, target_id: TargetId | None = None) -> Mapping[TargetCell, int]:
        """Return what was counted of each target, or of one, by the steps of a period."""
        ...

    async def all_targets_activity(self, period: Period) -> Mapping[Cell, int]:
        """Return what was counted of all targets together, by the steps of a period."""
        ...

    async def events(self, wanted: EventFilter) -> Page[Event, int]:
        """List events, newest first; a page ends early if its bodies are large, and says where the next one goes on."""
        ...

    async def event(self, event_id: str) -> Event:
        """Return one event.

        Raises:
            NotFoundError: no such event.
        """
        ...

    async def deliveries(self, wanted: DeliveryFilter) -> Page[Delivery, str]:
        """List deliveries, those of the newest event first."""
        ...

    async def delivery(self, delivery_id: str) -> Delivery:
        """Return one delivery.

        Raises:
            NotFoundError: no such delivery.
        """
        ...

    async def held_back_by(self, delivery_id: str) -> Delivery | None:
        """Return an unfinished delivery that a pending one of an ordered target has to wait for; see `claim`.

        Args:
            delivery_id: The pending one.

        Returns:
            The earliest of those in its own lane or above, else one of those below; None if it waits for none.
        """
        ...

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """Return a delivery's attempts, first to last."""
        ...
