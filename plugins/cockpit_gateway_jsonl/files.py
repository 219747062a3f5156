"""A file of whole lines: what it takes in is on the disk, or not in it at all.

It is opened by its name for each write, so that one that was moved away or deleted is begun anew, and locked, because
for a moment two processes write to it when a gateway restarts.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from cockpit_gateway_jsonl.lines import BEGIN
from cockpit_gateway_jsonl.rotating import Rotation, sync_directory

MODE = 0o600

BLOCK = 64 * 1024
"""Bytes that are read at once, to find where the last whole line ends."""


class ForeignFileError(Exception):
    """The file holds something else than lines, which is not ours to change."""


class LineFile:
    """Adds lines to a file.

    Args:
        path: The file.
        rotation: When it is put aside; None for never.
        note_torn: Is told how many bytes of a line that was never finished are cut off.
    """

    def __init__(self, path: Path, rotation: Rotation | None, note_torn: Callable[[int], None]) -> None:
        self._path = path
        self._rotation = rotation
        self._note_torn = note_torn

    def append(self, lines: bytes, now: float) -> bool:
        """Add whole lines, all or none.

        Args:
            lines: The lines, each with its end.
            now: Seconds since the Unix epoch.

        Returns:
            True if the file was put aside and a new one begun.

        Raises:
            OSError: They could not be made durable, and are not in the file.
            ForeignFileError: There is something else in the file.
        """
        rotated = False
        while True:
            with _opened(self._path) as descriptor:
                if not _is_named(self._path, descriptor):  # moved away before it was locked
                    continue
                self._end_line(descriptor)
                found = os.fstat(descriptor)
                if self._rotation is not None and self._rotation.due(found, len(lines), now):
                    self._rotation.put_aside(now)
                    rotated = True
                    continue
                _write(descriptor, lines)
                if found.st_size == 0:
                    sync_directory(self._path.parent)
                if os.fstat(descriptor).st_nlink == 0:
                    raise FileNotFoundError(errno.ENOENT, "deleted while it was written to")
                return rotated

    def mend(self) -> None:
        """Cut off what a process before this one has left unfinished.

        Raises:
            OSError: It cannot be.
            ForeignFileError: There is something else in the file.
        """
        if self._path.exists():
            with _opened(self._path) as descriptor:
                self._end_line(descriptor)

    def _end_line(self, descriptor: int) -> None:
        """Cut off a last line that was never finished: its event is not delivered, and will be written again."""
        size = os.fstat(descriptor).st_size
        end = _end_of_lines(descriptor, size)
        if end == size:
            return
        if not BEGIN.startswith(os.pread(descriptor, len(BEGIN), end)):
            raise ForeignFileError("it does not end with a line of this plugin's: move it away, or name another file")
        os.ftruncate(descriptor, end)
        self._note_torn(size - end)


@contextmanager
def _opened(path: Path) -> Generator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _end_of_lines(descriptor: int, size: int) -> int:
    """Return where the last whole line ends."""
    if size and os.pread(descriptor, 1, size - 1) == b"\n":
        return size
    for begin in range(max(0, size - BLOCK), -BLOCK, -BLOCK):
        found = os.pread(descriptor, BLOCK, max(0, begin)).rfind(b"\n")
        if found >= 0:
            return max(0, begin) + found + 1
    return 0


def _write(descriptor: int, lines: bytes) -> None:
    """Write lines durably, or take back what was written of them."""
    before = os.fstat(descriptor).st_size
    rest = memoryview(lines)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
