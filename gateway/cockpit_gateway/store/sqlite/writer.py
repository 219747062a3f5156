"""The writer: one thread that commits whatever has gathered as one transaction (group commit)."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from cockpit_gateway.errors import GatewayError, StoreError, StoreUnavailableError

UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }
)
"""Primary result codes that may pass: a full disk, a lock, a device that fails."""

SHORTEST_PACE = 0.002
"""Seconds from the begin of one group to that of the next: under load, groups get larger and events cheaper; a lone
event never waits."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(slots=True)
class Job:
    """Something to write: what it is, and who waits for it."""

    work: object
    future: asyncio.Future[Any] | None
    result: object = None
    error: BaseException | None = field(default=None)


class Executor(Protocol):
    """Carries out a group of jobs within a transaction."""

    def execute(self, jobs: Sequence[Job]) -> None:
        """Set each job's result, or its `GatewayError`; raise `sqlite3.Error` to have the group undone."""
        ...

    def forget(self) -> None:
        """The transaction was undone."""
        ...


class Writer:
    """Runs the writer thread.

    Args:
        connection: The only connection that writes.
        executor: Carries out the jobs.
    """

    def __init__(self, connection: sqlite3.Connection, executor: Executor) -> None:
        self._connection = connection
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._handed_in: list[Job] = []
        self._gathered: list[Job] = []
        self._wake = threading.Condition()
        self._closing = False
        self._began_at = 0.0
        self._closed: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: object) -> asyncio.Future[Any]:
        """Hand in something to write; the future ends once it is durable.

        Raises:
            StoreUnavailableError: the store is closed.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        self._hand_in(Job(work, future))
        return future

    def notify(self, work: object) -> None:
        """Hand in something to write that nobody waits for."""
        self._hand_in(Job(work, None))

    async def close(self) -> None:
        """Write what was handed in, and end the thread."""
        self._pass_on()
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.wrap_future(self._closed)

    def _hand_in(self, job: Job) -> None:
        if self._closing:
            raise StoreUnavailableError("the store is closed")
        self._handed_in.append(job)
        # Passed on once per turn of the event loop: waking the thread for each job would cost more than the job.
        if len(self._handed_in) == 1:
            self._loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        with self._wake:
            self._gathered += self._handed_in
            self._wake.notify()
        self._handed_in.clear()

    def _run(self) -> None:
        while group := self._next_group():
            self._write(group)
            self._loop.call_soon_threadsafe(_resolve, group)
        self._closed.set_result(None)

    def _next_group(self) -> list[Job]:
        with self._wake:
            while not self._gathered and not self._closing:
                self._wake.wait()
        early = self._began_at + SHORTEST_PACE - time.monotonic()
        if early > 0:
            time.sleep(early)
        self._began_at = time.monotonic()
        with self._wake:
            group, self._gathered = self._gathered, []
        return group

    def _write(self, group: Sequence[Job]) -> None:
        try:
            self._transact(group)
        except sqlite3.Error as error:
            self._undo()
            if _may_pass(error):
                _fail(group, StoreUnavailableError(f"{error}"))
            elif len(group) == 1:
                _fail(group, StoreError(f"the store refused to write: {error}"))
            else:
                for job in group:
                    self._write([job])
        except Exception as error:
            self._undo()
            log.exception("a defect in the store's writer")
            _fail(group, StoreError(f"the store failed: {type(error).__name__}"))

    def _transact(self, group: Sequence[Job]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._executor.execute(group)
        self._connection.execute("COMMIT")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._executor.forget()


def guarded(job: Job, act: Callable[[], object]) -> None:
    """Run one job; a deliberate error is the job's own and does not undo the group."""
    try:
        job.result = act()
    except GatewayError as error:
        job.error = error


def _may_pass(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in UNAVAILABLE


def _fail(group: Sequence[Job], error: GatewayError) -> None:
    for job in group:
        job.error = error


def _resolve(group: Sequence[Job]) -> None:
    for job in group:
        if job.future is None or job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
