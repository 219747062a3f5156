"""What outlives a store's process, and what a kill leaves of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store


class Data(Protocol):
    """What outlives a store's process."""

    def store(self) -> Store:
        """Return an unopened store on the data."""
        ...

    def as_after_a_kill(self) -> Data:
        """Return the data as it would be if the process were killed now."""
        ...


class SqliteData:
    """Files in a directory. A kill leaves them as they are, so a copy of them is what the next process finds."""

    def __init__(self, parent: Path) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=parent))

    def store(self) -> Store:
        return open_store(f"sqlite:{self.directory}/gateway.db")

    def as_after_a_kill(self) -> SqliteData:
        left = SqliteData(self.directory.parent)
        for name in ("gateway.db", "gateway.db-wal"):
            shutil.copy(self.directory / name, left.directory)
        return left
