"""The engine: the port, answered by one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import structlog
import uuid_utils

from cockpit_gateway.deliveries import Attempt, Delivery, TargetId, Work
from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.port import (
    Accepted,
    Backlog,
    Claimed,
    Cursor,
    DeliveryFilter,
    Duplicate,
    EventFilter,
    EventPage,
    NewDelivery,
    Settlement,
    Step,
    Tally,
    TargetState,
    Totals,
)
from cockpit_gateway.store.sqlite import changing, file, reading, replaying
from cockpit_gateway.store.sqlite.accepting import Accept, Plan
from cockpit_gateway.store.sqlite.claiming import Claim, claim_due, claim_heads
from cockpit_gateway.store.sqlite.executor import Act, Begun, SqliteExecutor
from cockpit_gateway.store.sqlite.reader import Reader
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.sqlite.writer import Writer

_Result = TypeVar("_Result")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SqliteStore:
    """A store in one SQLite file; see `Store` for its methods.

    Args:
        path: The file; it is made if missing, and so is its directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner = str(uuid_utils.uuid7())
        self._ownership = file.Ownership(path)
        self._connection: sqlite3.Connection | None = None
        self._targets: TargetNumbers | None = None
        self._reader: Reader | None = None
        self._writer: Writer | None = None

    async def open(self) -> None:
        """Open the file, migrate it, and free what a dead owner had leased."""
        try:
            connection = await asyncio.to_thread(self._open)
        except BaseException:
            await self._shut()
            raise
        self._targets = TargetNumbers(connection)
        self._writer = Writer(connection, SqliteExecutor(connection, self._owner, self._targets))

    async def close(self) -> None:
        """Commit what was handed in, give back the leases, and close."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                await writer.close(Act(changing.release_all))
            except StoreError as error:
                log.warning("leases could not be given back; the next start does it", problem=str(error))
        await self._shut()

    async def accept(
        self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None = None
    ) -> Accepted:
        """Write an event with its deliveries."""
        accepted: Accepted = await self._open_writer.submit(Accept(Plan(event, deliveries), duplicate))
        return accepted

    async def add_deliveries(self, event: Event, deliveries: Sequence[NewDelivery]) -> Sequence[Work]:
        """Write further deliveries of a stored event."""
        work: Sequence[Work] = await self._open_writer.submit(Plan(event, deliveries))
        return work

    def mark_begun(self, delivery: Delivery) -> None:
        """Note that an attempt has begun."""
        self._open_writer.notify(Begun(delivery.id, time.time()))

    async def settle(self, settlement: Settlement) -> None:
        """Write an attempt's end."""
        await self._open_writer.submit(settlement)

    async def claim(self, target_id: TargetId, *, now: float, limit: int, ordered: bool) -> Claimed:
        """Lease due deliveries of a target."""

        def claim(connection: sqlite3.Connection) -> Claimed:
            assert self._targets is not None  # noqa: S101 - the writer was made with them
            wanted = Claim(self._targets.number(target_id), self._owner, now, limit)
            return claim_heads(connection, wanted) if ordered else claim_due(connection, wanted)

        return await self._write(claim)

    async def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leased deliveries back."""
        await self._write(lambda connection: changing.release(connection, self._owner, deliveries))

    async def heartbeat(self, until: float) -> None:
        """Extend this owner's leases."""
        await self._write(lambda connection: changing.extend_lease(connection, self._owner, until))

    async def tally(self, wanted: DeliveryFilter) -> Sequence[Tally]:
        """Count what a filter finds."""
        return await self._read(lambda connection: replaying.tally(connection, wanted))

    async def replay(
        self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None, new_ids: bool = False
    ) -> Step:
        """Make some of the deliveries that a filter finds pending."""
        change = replaying.replace if new_ids else replaying.replay
        return await self._step(wanted, cursor, now, change)

    async def cancel(self, wanted: DeliveryFilter, *, now: float, cursor: Cursor | None = None) -> Step:
        """Cancel some of the deliveries that a filter finds."""
        return await self._step(wanted, cursor, now, replaying.cancel)

    async def walk(self, wanted: EventFilter, cursor: Cursor | None = None) -> EventPage:
        """Return some of the events that a filter finds."""
        return await self._read(lambda connection: replaying.walk(connection, wanted, cursor))

    async def add_replayed(self, event: Event, deliveries: Sequence[NewDelivery]) -> None:
        """Write pending deliveries of a stored event."""

        def add(connection: sqlite3.Connection) -> None:
            assert self._targets is not None  # noqa: S101 - the writer was made with them
            replaying.add(connection, self._targets, event, deliveries)

        await self._write(add)

    async def set_targets(self, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
        """Record today's targets."""
        return await self._write(lambda connection: changing.set_targets(connection, fingerprints))

    async def set_disabled(self, target_id: TargetId, *, disabled: bool, reason: str | None, now: float) -> TargetState:
        """Disable or enable a target."""
        state = TargetState(target_id, disabled, reason, now)
        return await self._write(lambda connection: changing.set_disabled(connection, state))

    async def target_states(self) -> Sequence[TargetState]:
        """Return every target's state."""
        return await self._read(reading.target_states)

    async def backlog(self) -> Mapping[TargetId, Backlog]:
        """Return what is pending."""
        return await self._read(reading.backlog)

    async def totals(self) -> Totals:
        """Count rows."""
        return await self._read(reading.totals)

    async def events(self, wanted: EventFilter) -> Sequence[Event]:
        """List events."""
        return await self._read(lambda connection: reading.events(connection, wanted))

    async def event(self, event_id: str) -> Event:
        """Return one event."""
        return await self._read(lambda connection: reading.event(connection, event_id))

    async def deliveries(self, wanted: DeliveryFilter) -> Sequence[Delivery]:
        """List deliveries."""
        return await self._read(lambda connection: reading.deliveries(connection, wanted))

    async def delivery(self, delivery_id: str) -> Delivery:
        """Return one delivery."""
        return await self._read(lambda connection: reading.delivery(connection, delivery_id))

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """Return a delivery's attempts."""
        return await self._read(lambda connection: reading.attempts(connection, delivery_id))

    @property
    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailableError("the store is closed")
        return self._writer

    async def _step(self, wanted: DeliveryFilter, cursor: Cursor | None, now: float, change: replaying.Change) -> Step:
        """Search without holding up the writer, then change what was found."""
        found = await self._read(lambda connection: replaying.find(connection, wanted, cursor))
        if not found.numbers:
            return Step(0, 0, (), found.following)
        return await self._write(lambda connection: replaying.change(connection, found, now, change))

    async def _write(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        written: _Result = await self._open_writer.submit(Act(act))
        return written

    async def _read(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        if self._reader is None:
            raise StoreUnavailableError("the store is closed")
        return await self._reader.read(act)

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._ownership.take()
            file.make(self._path)
            connection = self._connection = file.connect(self._path)
            file.migrate(connection, self._path)
            changing.release_all_of_the_dead(connection)
            self._reader = Reader(file.connect(self._path))
        except (OSError, sqlite3.Error) as error:
            reason = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else error
            raise StoreError(f"{self._path} cannot be used as a store: {reason}") from error
        return connection

    async def _shut(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await asyncio.to_thread(reader.close)
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(file.close, connection)
        self._ownership.give_back()
