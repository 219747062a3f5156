"""The writer: one thread that commits whatever has gathered as one transaction (group commit)."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.sqlite.failures import may_pass, told
from cockpit_gateway.store.transactions import Transacted

SHORTEST_PACE = 0.002
"""Seconds from the begin of one group to that of the next; a lone event never waits."""

PACE_PER_JOB = 0.0005
"""Seconds that each job of a group adds to its pace: what a commit costs is shared by more jobs the more come in."""

LONGEST_PACE = 0.006
"""Seconds that a pace never exceeds, however much comes in: clients that wait for a commit post nothing meanwhile."""


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
        """Set each job's result, or raise: then the whole group is undone, and its jobs are tried one by one."""
        ...

    def committed(self) -> None:
        """The transaction is durable."""
        ...

    def forget(self) -> None:
        """The transaction was undone."""
        ...

    def make_room(self, error: Exception) -> bool:
        """Return whether what has failed may work now, because room was made for it."""
        ...


class Writer:
    """Runs the writer thread.

    Args:
        connection: The only connection that writes.
        executor: Carries out the jobs.
        transacted: Is told of each transaction, in the thread.
    """

    def __init__(self, connection: sqlite3.Connection, executor: Executor, transacted: Transacted) -> None:
        self._transacted = transacted
        self._connection = connection
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._handed_in: list[Job] = []
        self._gathered: list[Job] = []
        self._wake = threading.Condition()
        self._closing = False
        self._next_at = 0.0
        self._closed: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait for the next group."""
        return len(self._handed_in) + len(self._gathered)

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

    async def close(self, farewell: object) -> None:
        """Write what was handed in, then a farewell, and end the thread.

        Raises:
            GatewayError: the farewell was not written; the thread has ended all the same.
        """
        written = self.submit(farewell)
        self._pass_on()
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.wrap_future(self._closed)
        await written

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
        early = self._next_at - time.monotonic()
        if early > 0:
            time.sleep(early)
        began = time.monotonic()
        with self._wake:
            group, self._gathered = self._gathered, []
        self._next_at = began + min(max(SHORTEST_PACE, PACE_PER_JOB * len(group)), LONGEST_PACE)
        return group

    def _write(self, group: Sequence[Job]) -> None:
        try:
            self._transact(group)
        except Exception as error:  # noqa: BLE001 - it is told to whoever waits
            self._undo()
            if self._executor.make_room(error):
                self._write(group)
            elif len(group) == 1 or may_pass(error):
                _fail(group, error)
            else:
                for job in group:
                    self._write([job])

    def _transact(self, group: Sequence[Job]) -> None:
        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._executor.execute(group)
        self._connection.execute("COMMIT")
        self._transacted(len(group), time.perf_counter() - began)
        self._executor.committed()

    def _undo(self) -> None:
        # SQLite undoes the transaction itself when the disk is full; what is left to undo fails if the disk does.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._executor.forget()


def _fail(group: Sequence[Job], error: Exception) -> None:
    for job in group:
        job.error = told(error)


def _resolve(group: Sequence[Job]) -> None:
    for job in group:
        if job.future is None or job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
