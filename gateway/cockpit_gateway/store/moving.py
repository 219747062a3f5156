"""A store that moves from a SQLite file into a PostgreSQL database: copied batch by batch, then compared."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from cockpit_gateway.deliveries import Delivery
from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.postgres.arriving import Target, arriving
from cockpit_gateway.store.postgres.move_mark import Move
from cockpit_gateway.store.sqlite.leaving import Source, leaving
from cockpit_gateway.store.tables import ADVANCES_BY, TABLES, Advance, Table

Doing: TypeAlias = Literal["copy", "check"]

Show: TypeAlias = Callable[[Doing, str, int, int], Advance]
"""Is told what is done with which table, how many rows that are, and how many are done; gives what is told of more."""


class Compared(NamedTuple):
    """A table on both sides.

    Attributes:
        source: Rows in the file.
        target: Rows in the database.
        same: Whether they are the same rows.
    """

    source: int
    target: int
    same: bool


class Moved(NamedTuple):
    """What became of a move.

    Attributes:
        resumed: Whether it went on with one that had been interrupted.
        tables: What the tables hold, by name.
        parked: Deliveries that were given up because the gateway had died in their attempts.
        cancelled: Deliveries that were cancelled because the file was a restored backup.
    """

    resumed: bool
    tables: Mapping[str, Compared]
    parked: Sequence[Delivery]
    cancelled: int

    @property
    def differing(self) -> Sequence[str]:
        """The tables that are not the same on both sides: then the move is not finished."""
        return [name for name, compared in self.tables.items() if not compared.same]


async def move(database: Path, url: str, show: Show) -> Moved:
    """Move a store, or go on with that where it was interrupted; the file stays as it is.

    Args:
        database: The SQLite file, which nobody else may use meanwhile.
        url: The PostgreSQL database, "postgresql://…": an empty one, or the one that holds the first part.
        show: Shows how far it is.

    Raises:
        StoreOwnedError: a gateway uses the file.
        StoreUnavailableError: the database does not answer, or cannot now; what was moved is kept.
        StoreError: the file is no store, or the database cannot be used, or holds something else.
    """
    with leaving(database) as source:
        async with arriving(url) as target:
            move_id, opened = source.prepare()
            begun = await target.claim(Move(move_id, source.url, {}))
            with _resumable():
                await _copy(source, target, begun, show)
                tables = {table.name: await _compare(source, target, table, show) for table in TABLES}
                moved = Moved(bool(begun.positions), tables, opened.parked, opened.cancelled)
                if not moved.differing:
                    await target.finish(source.last_seq())
    return moved


async def _copy(source: Source, target: Target, move: Move, show: Show) -> None:
    for table in TABLES:
        after = move.positions.get(table.name, ())
        total = source.count(table)
        advance = show("copy", table.name, total, total - source.count(table, after))
        for rows in source.batches(table, target.columns(table), after):
            move = await target.write(move, table, rows)
            advance(len(rows))


async def _compare(source: Source, target: Target, table: Table, show: Show) -> Compared:
    advance = show("check", table.name, 2 * source.count(table), 0)
    there = source.digest(table, target.columns(table), advance)
    here = await target.digest(table, advance)
    advance(there.rows % ADVANCES_BY + here.rows % ADVANCES_BY)
    return Compared(there.rows, here.rows, (there.rows, there.value) == (here.rows, here.value))


@contextmanager
def _resumable() -> Generator[None]:
    try:
        yield
    except StoreUnavailableError as error:
        raise StoreUnavailableError(f"{error}; run the command again, and it goes on where it stopped") from error
