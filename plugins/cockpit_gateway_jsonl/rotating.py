"""Rotation: a file is put aside under the time of that, and compressed and deleted in the background."""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit_gateway_jsonl.settings import Rotate

AT_ONCE = 1024 * 1024
"""Bytes that are compressed at once."""


class Rotation:
    """When a file is put aside, and what becomes of it.

    Args:
        path: The file.
        rules: Its settings.
    """

    def __init__(self, path: Path, rules: Rotate) -> None:
        self._path = path
        self._rules = rules
        self._tidying = threading.Lock()
        self._aside = re.compile(re.escape(path.name) + r"\.\d{8}T\d{6}\.\d{6}Z(\.gz)?")

    def due(self, found: os.stat_result, more: int, now: float) -> bool:
        """Tell whether a file has to be put aside before something is written to it.

        Args:
            found: The file.
            more: Bytes to be written.
            now: Seconds since the Unix epoch.
        """
        size, every = self._rules.size, self._rules.every
        too_large = size is not None and found.st_size + more > size
        too_old = every is not None and found.st_mtime // every != now // every
        return found.st_size > 0 and (too_large or too_old)

    def put_aside(self, now: float) -> None:
        """Give the file another name."""
        time = datetime.fromtimestamp(now, UTC)
        while self._named(time).exists() or self._named(time, ".gz").exists():
            time += timedelta(microseconds=1)
        self._path.rename(self._named(time))

    def tidy_up(self) -> None:
        """Compress what was put aside, and delete the oldest; what was interrupted is begun again."""
        if not self._tidying.acquire(blocking=False):
            return  # whoever does it sees what has come meanwhile
        try:
            while self._rules.compress and (plain := [path for path in self.aside() if path.suffix != ".gz"]):
                _compress(plain[0])
            if self._rules.keep is not None:
                for path in self.aside()[: -self._rules.keep]:
                    path.unlink(missing_ok=True)
        finally:
            self._tidying.release()

    def aside(self) -> list[Path]:
        """Return what was put aside, oldest first."""
        return sorted(path for path in self._path.parent.iterdir() if self._aside.fullmatch(path.name))

    def _named(self, time: datetime, suffix: str = "") -> Path:
        return self._path.with_name(f"{self._path.name}.{time:%Y%m%dT%H%M%S.%f}Z{suffix}")


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _compress(path: Path) -> None:
    """Put a compressed file in the place of a file; under its name it is whole."""
    target = path.with_name(f"{path.name}.gz")
    partial = path.with_name(f"{path.name}.gz.partial")
    with path.open("rb") as source:
        # Another process may do the same: who comes second finds nothing to do.
        fcntl.flock(source, fcntl.LOCK_EX)
        if not path.exists():
            return
        mode = stat.S_IMODE(os.fstat(source.fileno()).st_mode)
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "wb") as out:
                with gzip.GzipFile("", "wb", fileobj=out) as packed:
                    shutil.copyfileobj(source, packed, AT_ONCE)
                out.flush()
                os.fsync(out.fileno())
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        partial.rename(target)
        sync_directory(path.parent)
        path.unlink(missing_ok=True)
