"""Backups: one file with everything in it, made beside a running gateway, and put back in the place of a store."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.sqlite import file, mark
from cockpit_gateway.store.sqlite.examination import examine
from cockpit_gateway.store.sqlite.pruning import size

INSTRUCTIONS = 20_000
"""Instructions of SQLite's machine between two reports of how far a copy is."""

COUNT_UNFINISHED = "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'running')"

Advance: TypeAlias = Callable[[float], None]
"""Is told which part of the work is done, from 0 to 1."""


class Restored(NamedTuple):
    """What was put in the place of a store.

    Attributes:
        taken_at: When the backup was made, seconds since the Unix epoch.
        unfinished: Deliveries in it that had not ended.
        aside: Where the store is now that was there before; None if there was none.
    """

    taken_at: float
    unfinished: int
    aside: Path | None


def back_up(database: Path, target: Path, advance: Advance) -> int:
    """Copy a store, also while a gateway uses it, into one file that only its owner can read.

    Wherever the copy is put, a gateway that opens it does not deliver what it had left to deliver.

    Args:
        database: The store's file.
        target: The file to make.
        advance: Is told how far it is.

    Returns:
        Bytes of the copy.

    Raises:
        StoreError: the store is not ours or damaged, or there is such a file already.
        OSError: the file cannot be made.
    """
    if target.exists():
        raise StoreError(f"{target} exists already; name a file that does not")
    with _made_of(target) as copy:
        with file.read_only(database) as connection:
            _copy(connection, copy, advance)
        _require_sound(copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as copied:
            mark.put(copied, time.time())
        return copy.stat().st_size


def restore(backup: Path, database: Path, advance: Advance, *, resend: bool) -> Restored:
    """Put a backup in the place of a store that nobody uses; what was there is set aside.

    Args:
        backup: The file that `back_up` made, or a copy of a store's file.
        database: Where the store is to be.
        advance: Is told how far it is.
        resend: True to deliver what the backup had left to deliver, although it may have been delivered since.

    Raises:
        StoreOwnedError: a gateway uses the store.
        StoreError: the backup is none of ours, damaged, or of a newer program.
        OSError: a file cannot be read or made.
    """
    _require_sound(backup)
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = None
    with file.owned(database), _made_of(database) as copy:
        with file.read_only(backup) as connection:
            _copy(connection, copy, advance)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            taken_at = mark.taken_at(connection) or backup.stat().st_mtime
            (unfinished,) = connection.execute(COUNT_UNFINISHED).fetchone()
            mark.remove(connection)
            if not resend:
                mark.put(connection, taken_at)
        if database.exists():
            aside = _set_aside(database)
    return Restored(taken_at, unfinished, aside)


def _copy(connection: sqlite3.Connection, copy: Path, advance: Advance) -> None:
    total = size(connection)

    def report() -> None:
        advance(min(1.0, copy.stat().st_size / total))

    connection.set_progress_handler(report, INSTRUCTIONS)
    connection.execute("VACUUM INTO ?", (str(copy),))


def _require_sound(database: Path) -> None:
    found = examine(database)
    if found.problems:
        raise StoreError(f"{database} is damaged: {found.problems[0]}")


@contextmanager
def _made_of(target: Path) -> Generator[Path]:
    """Give an empty file that only its owner can read; it becomes the target if all goes well."""
    made = target.with_name(f"{target.name}.partial")
    made.unlink(missing_ok=True)
    file.make(made)
    try:
        yield made
        _flush(made)
        made.rename(target)
        _flush(target.parent)
    finally:
        made.unlink(missing_ok=True)


def _set_aside(database: Path) -> Path:
    """Rename a store's files: a log left behind would be taken for that of the file that comes in their place."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = database.with_name(f"{database.name}.before-{moment}")
    for one, renamed in zip(file.parts(database), file.parts(aside), strict=True):
        if one.exists():
            one.rename(renamed)
    return aside


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
