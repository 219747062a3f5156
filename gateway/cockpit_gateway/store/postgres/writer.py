"""Group commit: what has been handed in while a commit was under way is the next one, as a whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.postgres.failures import is_conflict, told
from cockpit_gateway.store.transactions import Transacted


@dataclass(slots=True)
class Job:
    """Something to write: what it is, and who waits for it."""

    work: object
    future: asyncio.Future[Any] | None
    result: object = None
    error: BaseException | None = field(default=None)


Write = Callable[[Sequence[Job]], Awaitable[None]]
"""Writes a group in one commit, and sets each job's result or error. If it raises, nothing was written, or nobody knows
what was."""


class GroupWriter:
    """Writes what is handed in, group by group.

    Args:
        write: Writes a group.
        transacted: Is told of each group.
    """

    def __init__(self, write: Write, transacted: Transacted) -> None:
        self._write = write
        self._transacted = transacted
        self._handed_in: list[Job] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run())

    def submit(self, work: object) -> asyncio.Future[Any]:
        """Hand in something to write; the future ends once it is durable.

        Raises:
            StoreUnavailableError: the store is closed.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._hand_in(Job(work, future))
        return future

    def notify(self, work: object) -> None:
        """Hand in something to write that nobody waits for."""
        self._hand_in(Job(work, None))

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next group."""
        return len(self._handed_in)

    async def close(self) -> None:
        """Write what was handed in, and end."""
        self._closing = True
        self._wake.set()
        await self._task

    def _hand_in(self, job: Job) -> None:
        if self._closing:
            raise StoreUnavailableError("the store is closed")
        self._handed_in.append(job)
        self._wake.set()

    async def _run(self) -> None:
        while self._handed_in or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            group, self._handed_in = self._handed_in, []
            if group:
                began = time.perf_counter()
                await self._write_group(group)
                self._transacted(len(group), time.perf_counter() - began)
                _resolve(group)

    async def _write_group(self, group: Sequence[Job]) -> None:
        try:
            await self._write(group)
        except Exception as error:  # noqa: BLE001 - it is told to whoever waits
            if (isinstance(error, StoreUnavailableError) and not is_conflict(error.__cause__ or error)) or len(
                group
            ) == 1:
                _fail(group, error)
            else:
                for job in group:
                    await self._write_group([job])


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
