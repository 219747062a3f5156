"""The mark of a database into which a store is being moved, from its first row until all has been checked.

It is a table of its own, which no migration knows, and goes with the move's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from cockpit_gateway.errors import StoreError
from cockpit_gateway.store.postgres.migrating import lock
from cockpit_gateway.store.postgres.statements import Connection, compiled
from cockpit_gateway.store.tables import Position

MARKS = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'unfinished_move'"
MARK = "CREATE TABLE unfinished_move (id text NOT NULL, source text NOT NULL, positions text NOT NULL)"
UNMARK = "DROP TABLE unfinished_move"
NOTE_MOVE = compiled("INSERT INTO unfinished_move VALUES (:id::text, :source::text, '{}')")
MOVE = compiled("SELECT id, source, positions FROM unfinished_move FOR UPDATE")
"""Waits for the last batch of a process that has been killed in its commit."""

NOTE_POSITIONS = compiled("UPDATE unfinished_move SET positions = :positions::text WHERE id = :id::text")


class Move(NamedTuple):
    """A move that has begun.

    Attributes:
        id: Its id.
        source: The URL of the store that is moved.
        positions: The key of the last row that was written, by table.
    """

    id: str
    source: str
    positions: Mapping[str, Position]


async def refuse(connection: Connection) -> None:
    """Refuse a database that has not got all yet.

    Args:
        connection: In a transaction, to whose end no move begins.

    Raises:
        StoreError: a move is unfinished.
    """
    await lock(connection)
    move = await read(connection)
    if move is not None:
        raise StoreError(
            f"only a part of a store is in the database: its move is unfinished; run `cockpit-gateway store migrate "
            f"--from {move.source} --to …` with this database again, which goes on where it stopped"
        )


async def read(connection: Connection) -> Move | None:
    """Return the move that is unfinished, None if there is none."""
    if not await connection.fetchval(MARKS):
        return None
    move_id, source, positions = await MOVE.row(connection)
    return Move(move_id, source, orjson.loads(positions))


async def put(connection: Connection, move: Move) -> None:
    """Note that a move begins."""
    await connection.execute(MARK)
    await NOTE_MOVE.run(connection, id=move.id, source=move.source)


async def advance(connection: Connection, move: Move) -> None:
    """Note how far a move is.

    Raises:
        StoreError: somebody has ended it.
    """
    positions = orjson.dumps(move.positions).decode()
    if not await NOTE_POSITIONS.run(connection, id=move.id, positions=positions):
        raise StoreError("the move was ended by somebody else: its mark is not in the database any more")


async def remove(connection: Connection) -> None:
    """Note that a move has ended."""
    await connection.execute(UNMARK)
