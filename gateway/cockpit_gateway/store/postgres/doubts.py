"""Doubts: leases that may have been committed although the connection was lost before the answer came.

Whoever asked was told that the store could not do it, so nobody will attempt these deliveries. They are given back.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from cockpit_gateway.errors import StoreUnavailableError
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.postgres.failures import is_lost
from cockpit_gateway.store.postgres.owner import Owner
from cockpit_gateway.store.postgres.statements import Connection, query

RELEASE_DOUBTFUL = query("release_doubtful")

LASTING = 120.0
"""Seconds after which nothing is committed any more for a connection that was lost."""


class Doubts:
    """The deliveries of one owner that are in doubt.

    Args:
        connections: The database.
        owner: Whom they may be leased to.
    """

    def __init__(self, connections: Connections, owner: Owner) -> None:
        self._connections = connections
        self._owner = owner
        self._until: dict[str, float] = {}

    @contextmanager
    def about(self, delivery_ids: Sequence[str]) -> Generator[None]:
        """Doubt whether deliveries were leased, if the connection is lost meanwhile; if it is not, they were.

        Args:
            delivery_ids: The deliveries, as far as they are known in the end.
        """
        try:
            yield
        except StoreUnavailableError as error:
            if error.__cause__ is not None and is_lost(error.__cause__):
                self._until |= dict.fromkeys(delivery_ids, time.monotonic() + LASTING)
            raise
        if self._until:
            for delivery_id in delivery_ids:
                self._until.pop(delivery_id, None)

    async def settle(self) -> Sequence[int]:
        """Give back what was leased after all; return the numbers of the targets that have something to claim now."""
        now = time.monotonic()
        self._until = {delivery_id: until for delivery_id, until in self._until.items() if until > now}
        return await self._connections.run(self._release) if self._until else []

    async def _release(self, connection: Connection) -> Sequence[int]:
        rows = await RELEASE_DOUBTFUL.rows(connection, ids=[*self._until], owner=self._owner.id)
        for delivery_id, _ in rows:
            self._until.pop(delivery_id, None)
        return [target for _, target in rows]
