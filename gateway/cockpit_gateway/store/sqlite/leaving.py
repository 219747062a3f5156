"""A file whose content moves to another engine: read from the beginning or from where that stopped."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from cockpit_gateway.deliveries import lane_key
from cockpit_gateway.events import event_name
from cockpit_gateway.store.records import Opened
from cockpit_gateway.store.sqlite import file, move_mark
from cockpit_gateway.store.sqlite.opening import take_over
from cockpit_gateway.store.sqlite.statements import statement
from cockpit_gateway.store.tables import Advance, Digest, Position, Row, Table, as_it_is, truth

LAST_SEQ = statement("last_seq")

MOST_ROWS, MOST_BYTES = 10_000, 8 * 2**20
"""What a batch holds at most, before the row that makes it more."""


class Source:
    """A store's file that nobody else uses.

    Args:
        connection: Its connection.
        database: The file.

    Attributes:
        url: The store's URL, from whichever working directory.
    """

    def __init__(self, connection: sqlite3.Connection, database: Path) -> None:
        self._connection = connection
        self._database = database
        self.url = f"sqlite:{database.absolute()}"

    def prepare(self) -> tuple[str, Opened]:
        """Do what a gateway does at its start: bring the schema up to date, and free what a dead one had leased.

        Returns:
            The id of the move, the same until a gateway opens the file; and what was found.
        """
        file.migrate(self._connection, self._database)
        opened = take_over(self._connection)
        return move_mark.put(self._connection), opened

    def last_seq(self) -> int:
        """Return the highest seq that was given out, perhaps of an event that is gone."""
        (seq,) = self._connection.execute(LAST_SEQ).fetchone()
        return int(seq)

    def count(self, table: Table, after: Position = ()) -> int:
        """Count a table's rows, or those after a position."""
        count_rows = f"SELECT count(*) FROM {table.name}{_behind(table, after)}"  # noqa: S608 - our own names
        (count,) = self._connection.execute(count_rows, after).fetchone()
        return int(count)

    def batches(self, table: Table, columns: Mapping[str, str], after: Position) -> Iterator[Sequence[Row]]:
        """Read a table's rows in the order of its key.

        Args:
            table: The table.
            columns: The columns to read.
            after: The key of the last row that is not wanted; empty for all.
        """
        batch: list[Row] = []
        size = 0
        ordered = f"{_behind(table, after)} ORDER BY {', '.join(table.key)}"
        for row in self._connection.execute(_select(table, columns) + ordered, after):
            batch.append(row)
            size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
            if len(batch) >= MOST_ROWS or size >= MOST_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def digest(self, table: Table, columns: Mapping[str, str], advance: Advance) -> Digest:
        """Read a table, and return its digest."""
        digest = Digest(advance)
        readers = [_READERS.get(kind, as_it_is) for kind in columns.values()]
        for row in self._connection.execute(_select(table, columns)):
            digest.add(tuple([read(value) for read, value in zip(readers, row, strict=True)]))
        return digest


@contextmanager
def leaving(database: Path) -> Generator[Source]:
    """Own a store's file, which is there, while it is read.

    Raises:
        StoreError: there is none, it is not ours, of a newer program, or cannot be read.
        StoreOwnedError: a gateway uses it.
    """
    with file.read_only(database):
        pass  # it is a store: nothing is made where none is
    try:
        with file.owned(database), closing(file.connect(database)) as connection:
            for bounded in (event_name, lane_key):  # a store of an older program has longer ones
                connection.create_function(bounded.__name__, 1, _unless_null(bounded), deterministic=True)
            yield Source(connection, database)
    except (OSError, sqlite3.Error) as error:
        raise file.refusal(database, error) from error


def _select(table: Table, columns: Mapping[str, str]) -> str:
    wanted = [f"{table.made.get(column, column)} AS {column}" for column in columns]
    return f"SELECT {', '.join(wanted)} FROM {table.name}"  # noqa: S608 - our own names


def _behind(table: Table, after: Position) -> str:
    return f" WHERE ({', '.join(table.key)}) > ({', '.join('?' * len(after))})" if after else ""


def _unless_null(bounded: Callable[[str], str]) -> Callable[[str | None], str | None]:
    return lambda text: None if text is None else bounded(text)


def _hashed(value: bytes | None) -> bytes | None:
    return None if value is None else hashlib.sha256(value).digest()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "bytea": _hashed,
    "boolean": truth,
    "jsonb": lambda text: orjson.dumps(orjson.loads(text)),
}
"""How a value is read that is compared with one of PostgreSQL, by the type that it has there."""
