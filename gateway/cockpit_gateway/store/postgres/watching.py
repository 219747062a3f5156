"""Telling other gateways on the same database what has changed, and being told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import orjson
import structlog
from asyncpg import InterfaceError

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import StoreError, StoreUnavailableError
from cockpit_gateway.store.notices import Change, Notice, Told
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.statements import Connection

GATHERING = 0.02
"""Seconds in which notices gather: commits that tell something wait for one another, so it is told after them."""

PAUSE = 1.0
"""Seconds before it is listened again after the connection was lost."""

NOTIFY = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Notices:
    """Tells others, and is told by them. Who misses a notice finds out by looking from time to time.

    Args:
        connections: The database.
        owner: Who tells; what it has told itself it need not hear.
    """

    def __init__(self, connections: Connections, owner: Owner) -> None:
        self._connections = connections
        self._owner = owner
        self._channel = ""
        self._told: list[Told] = []
        self._waiting: set[Notice] = set()
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def open(self, gateway_id: str) -> None:
        """Tell and hear of one store, of several that may be in the database.

        Args:
            gateway_id: The store's.
        """
        self._channel = f"cockpit_gateway_{gateway_id}"

    def tell(self, notices: Iterable[Notice]) -> None:
        """Tell others, soon."""
        self._waiting.update(notices)
        if self._waiting and self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    def tell_due(self, target_ids: Iterable[TargetId]) -> None:
        """Tell others that targets have something pending."""
        self.tell(Notice(Change.DUE, target_id) for target_id in target_ids)

    def hear(self, notice: Notice) -> None:
        """Have this process told something."""
        for told in self._told:
            told(notice)

    def listen(self, told: Told) -> None:
        """Have something told from now on."""
        self._told.append(told)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Tell what is left, and listen no more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        while self._telling is not None:
            await self._telling

    async def _tell(self) -> None:
        await asyncio.sleep(GATHERING)
        waiting, self._waiting = self._waiting, set()
        payloads = [
            orjson.dumps([self._owner.id, change, target_id and [*target_id]]).decode() for change, target_id in waiting
        ]
        try:
            await self._connections.run(lambda connection: connection.execute(NOTIFY, self._channel, payloads))
        except StoreUnavailableError:
            pass
        except StoreError as error:
            log.warning("the other gateways cannot be told, they find out by looking", problem=str(error))
        self._telling = asyncio.create_task(self._tell()) if self._waiting else None

    async def _listen(self) -> None:
        while True:
            try:
                await self._connections.run(self._hear_until_lost)
            except StoreUnavailableError:
                await asyncio.sleep(PAUSE)
            except Exception:
                log.exception("cannot listen to the other gateways, trying again")
                await asyncio.sleep(PAUSE)

    async def _hear_until_lost(self, connection: Connection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(self._channel, self._heard)
        self.hear(Notice(Change.ANYTHING))
        try:
            await lost.wait()
        finally:
            with suppress(InterfaceError):  # it was lost, and given back to the pool by that
                if not connection.is_closed():
                    await connection.remove_listener(self._channel, self._heard)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        owner, change, target_id = orjson.loads(str(payload))
        if owner != self._owner.id and change in tuple(Change):
            self.hear(Notice(Change(change), target_id and TargetId(*target_id)))
