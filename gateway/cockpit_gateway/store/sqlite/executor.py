"""What the writer carries out: a group's events first, then its outcomes, then everything else in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cockpit_gateway.store.records import Settlement
from cockpit_gateway.store.sqlite import settling, suspects
from cockpit_gateway.store.sqlite.accepting import Accept, Acceptor, Plan
from cockpit_gateway.store.sqlite.log import WriteAheadLog
from cockpit_gateway.store.sqlite.reserve import Reserve
from cockpit_gateway.store.sqlite.targets import TargetNumbers
from cockpit_gateway.store.sqlite.writer import Job


class Begun(NamedTuple):
    """The note that an attempt has begun."""

    delivery_id: str
    at: float


class Cleared(NamedTuple):
    """The note that a delivery is no suspect any more."""

    delivery_id: str


class Act(NamedTuple):
    """Anything else."""

    on: Callable[[sqlite3.Connection], object]


class SqliteExecutor:
    """Carries out groups of jobs.

    Args:
        connection: The writer's connection.
        owner: Whom the leases belong to.
        targets: The targets' numbers.
        log: The write-ahead log.
        reserve: Room for when the disk is full.
    """

    def __init__(
        self, connection: sqlite3.Connection, owner: str, targets: TargetNumbers, log: WriteAheadLog, reserve: Reserve
    ) -> None:
        self._connection = connection
        self._targets = targets
        self._log = log
        self._reserve = reserve
        self._acceptor = Acceptor(connection, owner, targets)

    def execute(self, jobs: Sequence[Job]) -> None:
        """Carry out a group; see `Executor`."""
        self._accept(jobs)
        self._settle(jobs)
        for job in jobs:
            if isinstance(job.work, Plan):
                (job.result,) = self._acceptor.add([job.work])
            elif isinstance(job.work, Cleared):
                suspects.clear(self._connection, [job.work.delivery_id])
            elif isinstance(job.work, Act):
                job.result = job.work.on(self._connection)

    def committed(self) -> None:
        """Keep the write-ahead log short."""
        self._log.keep_short(self._connection)

    def make_room(self, error: Exception) -> bool:
        """Give the reserve back if the disk is full."""
        return self._reserve.make_room(error)

    def forget(self) -> None:
        """Forget what an undone transaction had seemed to write."""
        self._acceptor.forget()
        self._targets.forget()

    def _accept(self, jobs: Sequence[Job]) -> None:
        accepting = [(job, job.work) for job in jobs if isinstance(job.work, Accept)]
        results = self._acceptor.accept([accept for _, accept in accepting])
        for (job, _), accepted in zip(accepting, results, strict=True):
            job.result = accepted

    def _settle(self, jobs: Sequence[Job]) -> None:
        settlements = [job.work for job in jobs if isinstance(job.work, Settlement)]
        begun = {job.work.delivery_id: job.work.at for job in jobs if isinstance(job.work, Begun)}
        # An attempt that has ended already needs no mark.
        for settlement in settlements:
            begun.pop(settlement.delivery.id, None)
        settling.settle(self._connection, settlements)
        settling.mark_begun(self._connection, begun)
