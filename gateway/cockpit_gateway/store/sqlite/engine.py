"""The engine: the port, answered by one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
import uuid_utils

from cockpit_gateway.deliveries import Delivery, Hold, TargetId, Work
from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.events import Event
from cockpit_gateway.store.activity import Activity
from cockpit_gateway.store.answers import Answer, AnswerKey, KnownAnswer
from cockpit_gateway.store.notices import Told
from cockpit_gateway.store.records import (
    Accepted,
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
    Pruned,
    Retention,
    Settlement,
    Step,
    StoredEndpoint,
    Tally,
    TargetState,
    Trimmed,
)
from cockpit_gateway.store.sqlite import (
    activity,
    answers,
    changing,
    endpoints,
    file,
    move_mark,
    pruning,
    purging,
    replaying,
    storage,
    suspects,
)
from cockpit_gateway.store.sqlite.accepting import Accept, Plan
from cockpit_gateway.store.sqlite.claiming import Claim, claim_due, claim_found, find_heads
from cockpit_gateway.store.sqlite.executor import Act, Begun, Cleared, SqliteExecutor
from cockpit_gateway.store.sqlite.log import WriteAheadLog
from cockpit_gateway.store.sqlite.lookups import Lookups, read
from cockpit_gateway.store.sqlite.nodes import OnlyNode
from cockpit_gateway.store.sqlite.opening import take_over
from cockpit_gateway.store.sqlite.reader import Reader
from cockpit_gateway.store.sqlite.reserve import Reserve
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.sqlite.trimming import bury, find_excess
from cockpit_gateway.store.sqlite.writer import Writer
from cockpit_gateway.store.transactions import Transacted, tell_nobody
from cockpit_gateway.targets import BacklogLimit

_Result = TypeVar("_Result")

BURIED_AT_ONCE = 500
"""Deliveries given up in one transaction: what comes in waits for it."""

READERS = 3
"""Connections that look up, so that one long search does not hold up every other page."""

SEARCHERS = 3
"""Connections that search for heads of lanes, so that one long search does not hold up every other target's."""

MOVED = (
    "this store has moved into a database, or was about to: what is pending is delivered from here all the same; "
    "if the database is in use, stop this gateway and name the database under `store`"
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SqliteStore(Lookups, OnlyNode):
    """A store in one SQLite file; see `Store` for its methods.

    Args:
        path: The file; it is made if missing, and so is its directory.
        transacted: Is told of each transaction.
    """

    def __init__(self, path: Path, transacted: Transacted = tell_nobody) -> None:
        Lookups.__init__(self)
        OnlyNode.__init__(self)
        self._transacted = transacted
        self._path = path
        self._owner = str(uuid_utils.uuid7())
        self._ownership = file.Ownership(path)
        self._log = WriteAheadLog(path)
        self._reserve = Reserve(path)
        self._connection: sqlite3.Connection | None = None
        self._targets: TargetNumbers | None = None
        self._searcher: Reader | None = None
        self._writer: Writer | None = None

    async def open(self) -> Opened:
        """Open the file, migrate it, and free what a dead owner had leased."""
        try:
            connection, opened = await asyncio.to_thread(self._open)
        except BaseException:
            await self._shut()
            raise
        self._targets = TargetNumbers(connection)
        executor = SqliteExecutor(connection, self._owner, self._targets, self._log, self._reserve)
        self._writer = Writer(connection, executor, self._transacted)
        return opened

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

    async def begin(self, delivery: Delivery, *, alone: bool) -> None:
        """Note that an attempt begins, before it does."""
        await self._write(lambda connection: suspects.begin(connection, delivery.id, alone=alone))

    def clear(self, delivery: Delivery) -> None:
        """Note that a delivery is no suspect any more."""
        self._open_writer.notify(Cleared(delivery.id))

    async def suspects(self) -> Sequence[str]:
        """Lease every suspect."""
        return await self._write(lambda connection: suspects.lease_suspects(connection, self._owner))

    async def leased(self, delivery_id: str) -> Work:
        """Return a leased delivery with its event."""
        return await self._read(lambda connection: suspects.leased(connection, delivery_id))

    async def settle(self, settlement: Settlement) -> None:
        """Write an attempt's end."""
        await self._open_writer.submit(settlement)

    async def claim(self, target_id: TargetId, *, now: float, limit: int, room: int, ordered: bool) -> Claimed:
        """Lease due deliveries of a target."""
        wanted = Claim(target_id, self._owner, now, limit, room)
        if not ordered:
            return await self._write(lambda connection: claim_due(connection, wanted))
        began = time.perf_counter()
        found = await read(self._searcher, lambda connection: find_heads(connection, wanted))
        searched = time.perf_counter() - began
        claimed = await self._write(lambda connection: claim_found(connection, wanted, found))
        return claimed._replace(searched=searched)

    async def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leased deliveries back."""
        await self._write(lambda connection: changing.release(connection, self._owner, deliveries))

    async def heartbeat(self, seconds: float) -> bool:
        """Extend this owner's leases."""
        until = time.time() + seconds
        await self._write(lambda connection: changing.extend_lease(connection, self._owner, until))
        return True

    async def watch(self, told: Told) -> None:
        """Tell nothing: no other process uses the file."""

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
        await self._write(lambda connection: replaying.add(connection, self._open_targets, event, deliveries))

    async def set_targets(self, fingerprints: Mapping[TargetId, str]) -> Sequence[TargetState]:
        """Record today's targets."""
        return await self._write(lambda connection: changing.set_targets(connection, fingerprints))

    async def set_held(self, target_id: TargetId, held: Hold | None, *, reason: str | None, now: float) -> TargetState:
        """Pause or disable a target, or let it go."""
        state = TargetState(target_id, held, reason, now)
        return await self._write(lambda connection: changing.set_held(connection, state))

    async def note_failing(self, target_id: TargetId, seconds: float) -> None:
        """Note for how long a target fails."""
        await self._write(lambda connection: changing.note_failing(connection, target_id, seconds))

    async def trim(self, target_id: TargetId, limit: BacklogLimit, *, now: float, step: int) -> Trimmed:
        """Give up what waits beyond a target's bounds."""
        excess = await read(self._searcher, lambda connection: find_excess(connection, target_id, limit, now, step))
        for first in range(0, len(excess.numbers), BURIED_AT_ONCE):
            numbers = excess.numbers[first : first + BURIED_AT_ONCE]
            await self._write(partial(bury, numbers=numbers, limit=limit, now=now))
        return Trimmed(excess.expired, len(excess.numbers) - excess.expired)

    async def prune(self, retention: Retention, *, now: float, after: int, step: int) -> Pruned:
        """Delete some of the oldest events."""
        found = await self._read(lambda connection: pruning.find_prunable(connection, retention, now, after, step))
        if not found.seqs:
            return Pruned(0, found.last)
        return Pruned(await self._write(lambda connection: pruning.prune(connection, found.seqs)), found.last)

    async def shorten(self) -> bool:
        """Give some free pages back."""
        return await self._write(pruning.give_back)

    async def measure(self) -> Measures:
        """Measure the store."""
        waiting = 0 if self._writer is None else self._writer.waiting
        return Measures(waiting, *await asyncio.to_thread(file.measure, self._path))

    async def set_reserve_aside(self) -> bool:
        """Set room aside for when there is no other."""
        return await asyncio.to_thread(self._reserve.set_aside)

    async def count(self, wanted: EventFilter, cursor: Cursor | None = None) -> Found:
        """Count some of the events that a filter finds."""
        return await self._read(lambda connection: purging.count(connection, wanted, cursor))

    async def purge(self, wanted: EventFilter, cursor: Cursor | None = None) -> Step:
        """Delete some of the events that a filter finds."""
        found = await self._read(lambda connection: purging.find(connection, wanted, cursor))
        if not found.seqs:
            return Step(0, 0, (), found.following)
        return await self._write(lambda connection: purging.purge(connection, found))

    async def forget(self) -> bool:
        """Leave no trace of what was deleted."""
        await self._write(lambda _: self._log.hurry())
        return self._log.is_short

    async def shift_due(self, seconds: float, *, now: float) -> None:
        """Move due times."""
        await self._write(lambda connection: changing.shift_due(connection, seconds, now))

    async def clamp_due(self, target_id: TargetId, latest: float) -> None:
        """Make what is due too late due at a time."""
        await self._write(lambda connection: changing.clamp_due(connection, target_id, latest))

    async def get_value(self, plugin: str, key: str) -> bytes | None:
        """Return what a plugin keeps."""
        return await self._read(lambda connection: storage.get_value(connection, plugin, key))

    async def set_value(self, plugin: str, key: str, value: bytes | None) -> None:
        """Keep something of a plugin's."""
        await self._write(lambda connection: storage.set_value(connection, plugin, key, value))

    async def list_keys(self, plugin: str, prefix: str, *, after: str, limit: int) -> list[str]:
        """List a plugin's keys."""
        return [*await self._read(lambda connection: storage.list_keys(connection, plugin, prefix, after, limit))]

    async def begin_answer(self, key: AnswerKey, fingerprint: bytes, *, now: float) -> KnownAnswer | None:
        """Note that a request is being answered."""
        return await self._write(lambda connection: answers.begin(connection, key, fingerprint, now))

    async def keep_answer(self, key: AnswerKey, answer: Answer) -> None:
        """Keep the answer to a request."""
        await self._write(lambda connection: answers.keep(connection, key, answer))

    async def drop_answer(self, key: AnswerKey) -> None:
        """Forget a request."""
        await self._write(lambda connection: answers.drop(connection, key))

    async def prune_answers(self, *, now: float) -> None:
        """Forget the requests that came too long ago."""
        await self._write(lambda connection: answers.prune(connection, now))

    async def endpoints(self) -> Sequence[StoredEndpoint]:
        """Return the endpoints that were made while the gateway ran."""
        return await self._read(endpoints.endpoints)

    async def put_endpoint(self, name: str, sealed: bytes, *, expected: str | None, now: float) -> None:
        """Keep an endpoint."""
        await self._write(lambda connection: endpoints.put_endpoint(connection, name, sealed, expected, now))

    async def remove_endpoint(self, name: str, *, expected: str) -> None:
        """Remove an endpoint."""
        await self._write(lambda connection: endpoints.remove_endpoint(connection, name, expected))

    async def add_activity(self, added: Activity, *, now: float) -> None:
        """Add counts."""
        await self._write(lambda connection: activity.add(connection, self._open_targets, added, now))

    @property
    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailableError("the store is closed")
        return self._writer

    @property
    def _open_targets(self) -> TargetNumbers:
        assert self._targets is not None  # noqa: S101 - the writer was made with them
        return self._targets

    async def _step(self, wanted: DeliveryFilter, cursor: Cursor | None, now: float, change: replaying.Change) -> Step:
        """Search without holding up the writer, then change what was found."""
        found = await self._read(lambda connection: replaying.find(connection, wanted, cursor))
        if not found.numbers:
            return Step(0, 0, (), found.following)
        return await self._write(lambda connection: replaying.change(connection, found, now, change))

    async def _write(self, act: Callable[[sqlite3.Connection], _Result]) -> _Result:
        written: _Result = await self._open_writer.submit(Act(act))
        return written

    def _open(self) -> tuple[sqlite3.Connection, Opened]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._ownership.take()
            file.make(self._path)
            connection = self._connection = file.connect(self._path)
            file.migrate(connection, self._path)
            if move_mark.remove(connection):
                log.warning(MOVED, store=str(self._path))
            opened = take_over(connection)
            self._reader = Reader(self._log, *(file.connect(self._path) for _ in range(READERS)))
            self._searcher = Reader(self._log, *(file.connect(self._path) for _ in range(SEARCHERS)))
        except (OSError, sqlite3.Error) as error:
            raise file.refusal(self._path, error) from error
        return connection, opened

    async def _shut(self) -> None:
        readers = (self._reader, self._searcher)
        self._reader = self._searcher = None
        for reader in readers:
            if reader is not None:
                await asyncio.to_thread(reader.close)
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(file.close, connection)
            self._reserve.give_back()
        self._ownership.give_back()
