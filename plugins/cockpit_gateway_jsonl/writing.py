"""From the deliveries of a file to its writes: what comes in during one is written together by the next."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cockpit_gateway import PluginContext, Retry
from cockpit_gateway.threads import WorkerThreads
from cockpit_gateway.transports import explain
from cockpit_gateway_jsonl.files import ForeignFileError, LineFile
from cockpit_gateway_jsonl.rotating import Rotation
from cockpit_gateway_jsonl.settings import AuditFile


@dataclass(slots=True)
class Batch:
    """Lines that are written together.

    Attributes:
        lines: The lines, each with its end.
        written: True once they are on the disk.
        problem: Why they are not.
    """

    lines: list[bytes] = field(default_factory=list[bytes])
    written: bool = False
    problem: str = "not finished"


class Writer:
    """Writes lines to one file, in a thread of its own: a disk that hangs holds up nothing else.

    Args:
        settings: The file's.
        context: The plugin's.
    """

    def __init__(self, settings: AuditFile, context: PluginContext) -> None:
        self._context = context
        self._path = settings.path.resolve()  # what a link leads to is put aside, not the link
        self._rotation = None if settings.rotate is None else Rotation(self._path, settings.rotate)
        self._file = LineFile(self._path, self._rotation, self._note_torn)
        self._threads = WorkerThreads("jsonl", 1)
        self._turn = asyncio.Lock()
        self._next = Batch()

    async def write(self, lines: bytes) -> None:
        """Write whole lines, and return when they are on the disk.

        Raises:
            Retry: They are not, and none of them is in the file.
        """
        batch = self._next
        batch.lines.append(lines)
        try:
            async with self._turn:
                if batch is self._next:  # whoever comes first writes for those who have come meanwhile
                    self._next = Batch()
                    await self._threads.run(lambda: self._append(batch))
        except asyncio.CancelledError:
            if batch is self._next:
                batch.lines.remove(lines)
            raise
        if not batch.written:
            raise Retry(f"{self._path}: {batch.problem}")

    def resume(self) -> None:
        """Finish what the process before this one may have left undone."""
        self._in_background(self._file.mend)
        self._tidy_up()

    def _append(self, batch: Batch) -> None:
        try:
            rotated = self._file.append(b"".join(batch.lines), self._context.clock.time())
        except (OSError, ForeignFileError) as error:
            batch.problem = _in_words(error)
            return
        batch.written = True
        if rotated:
            self._tidy_up()

    def _tidy_up(self) -> None:
        if self._rotation is not None:
            self._in_background(self._rotation.tidy_up)

    def _in_background(self, work: Callable[[], None]) -> None:
        """Do what nobody waits for, not even the exit."""
        threading.Thread(target=self._try, args=[work], name="jsonl-tidying", daemon=True).start()

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (OSError, ForeignFileError) as error:
            self._context.log.warning("the file is not tidied up", path=str(self._path), problem=_in_words(error))

    def _note_torn(self, count: int) -> None:
        self._context.log.warning(
            "the file ended in the middle of a line, which is cut off: its event was not yet delivered",
            path=str(self._path),
            bytes=count,
        )


def _in_words(error: OSError | ForeignFileError) -> str:
    return explain(error) if isinstance(error, OSError) else str(error)
