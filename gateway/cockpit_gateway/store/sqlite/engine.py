"""The engine: the port, answered by one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import uuid_utils

from cockpit_gateway.deliveries import Attempt, Delivery, TargetId, Work
from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.port import (
    Accepted,
    Backlog,
    Claimed,
    DeliveryFilter,
    Duplicate,
    EventFilter,
    NewDelivery,
    Settlement,
    TargetState,
    Totals,
)
from cockpit_gateway.store.sqlite import changing, claiming, file, reading
from cockpit_gateway.store.sqlite.executor import Accept, Add, Begun, SqliteExecutor
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.sqlite.writer import Writer

_Result = TypeVar("_Result")


class SqliteStore:
    """A store in one SQLite file; see `Store` for its methods.

    Args:
        path: The file; it is made if missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner = str(uuid_utils.uuid7())
        self._ownership = file.Ownership(path)
        self._reading = asyncio.Lock()
        self._writer: Writer | None = None
        self._connection: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._targets: TargetNumbers | None = None

    async def open(self) -> None:
        """Open the file, migrate it, and free what a dead owner had leased."""
        try:
            await asyncio.to_thread(self._open)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be opened as a store: {error.strerror or error}") from error
        except StoreError:
            self._ownership.give_back()
            raise
        assert self._connection is not None  # noqa: S101 - just opened
        assert self._targets is not None  # noqa: S101 - just opened
        self._writer = Writer(self._connection, SqliteExecutor(self._connection, self._owner, self._targets))

    async def close(self) -> None:
        """Commit what was handed in, give back the leases, and close."""
        if self._writer is not None:
            await self._write(lambda connection: changing.free_leases_of(connection, self._owner, time.time()))
            await self._writer.close()
            self._writer = None
        await asyncio.to_thread(self._close)

    async def accept(
        self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None = None
    ) -> Accepted:
        """Write an event with its deliveries."""
        accepted: Accepted = await self._open_writer.submit(Accept(event, deliveries, duplicate))
        return accepted

    async def add_deliveries(self, event: Event, deliveries: Sequence[NewDelivery]) -> Sequence[Work]:
        """Write further deliveries of a stored event."""
        work: Sequence[Work] = await self._open_writer.submit(Add(event, deliveries))
        return work

    def mark_begun(self, delivery: Delivery) -> None:
        """Note that an attempt has begun."""
        self._open_writer.notify(Begun(delivery.id, time.time()))

    async def settle(self, settlement: Settlement) -> None:
        """Write an attempt's end."""
        await self._open_writer.submit(settlement)

    async def claim(self, target_id: TargetId, *, now: float, limit: int, ordered: bool) -> Claimed:
        """Lease due deliveries of a target."""
        claim = claiming.claim_heads if ordered else claiming.claim_due
        targets = self._targets
        assert targets is not None  # noqa: S101 - `_write` refuses a closed store
        return await self._write(
            lambda connection: claim(connection, targets.number(target_id), self._owner, now, limit)
        )

    async def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leased deliveries back."""
        await self._write(lambda connection: changing.release(connection, deliveries, time.time()))

    async def heartbeat(self, until: float) -> None:
        """Extend this owner's leases."""
        await self._write(lambda connection: changing.extend_lease(connection, self._owner, until))

    async def requeue(self, delivery_id: str, *, now: float) -> Delivery:
        """Make a delivery pending again."""
        return await self._write(lambda connection: changing.requeue(connection, delivery_id, now))

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

    async def _write(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        result: Any = await self._open_writer.submit(act)
        written: _Result = result
        return written

    async def _read(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        async with self._reading:
            reader = self._reader
            if reader is None:
                raise StoreUnavailableError("the store is closed")
            try:
                return await asyncio.to_thread(act, reader)
            except sqlite3.Error as error:
                raise StoreUnavailableError(f"the store cannot be read now: {error}") from error

    def _open(self) -> None:
        file.prepare(self._path)
        self._ownership.take()
        self._connection = file.connect(self._path)
        file.migrate(self._connection, self._path)
        changing.free_leases_of_others(self._connection, self._owner, time.time())
        self._targets = TargetNumbers(self._connection)
        self._reader = file.connect(self._path)
        self._reader.execute("PRAGMA query_only = ON")

    def _close(self) -> None:
        for connection in (self._reader, self._connection):
            if connection is not None:
                connection.close()
        self._reader = self._connection = None
        self._ownership.give_back()
