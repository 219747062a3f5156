"""Entries: the settings of endpoints that the store keeps, opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from cockpit_gateway.clock import Clock
from cockpit_gateway.config.problems import Data
from cockpit_gateway.errors import SealError
from cockpit_gateway.sealing import Sealer
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import StoredEndpoint


@dataclass(frozen=True, slots=True)
class Entry:
    """An endpoint of the store.

    Attributes:
        name: Its name.
        document: Its settings, secrets included; None if they cannot be opened.
        version: Another one after each change.
        created_at: Seconds since the Unix epoch.
        changed_at: Seconds since the Unix epoch.
        problem: Why it cannot be opened.
    """

    name: str
    document: Mapping[str, Data] | None
    version: str
    created_at: float
    changed_at: float
    problem: str | None = None


class Entries:
    """Keeps them.

    Args:
        store: Where.
        sealer: Seals and opens them.
        clock: The time.
    """

    def __init__(self, store: Store, sealer: Sealer, clock: Clock) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock

    async def all(self) -> Sequence[Entry]:
        """Return all of them, by name."""
        return [self._opened(stored) for stored in await self._store.endpoints()]

    async def put(self, name: str, document: Mapping[str, Data], expected: str | None) -> None:
        """Keep one; see `Store.put_endpoint`.

        Raises:
            ConflictError: somebody else has changed it meanwhile.
            SealError: there is no key to seal by.
        """
        sealed = self._sealer.seal("endpoints", orjson.dumps(document))
        await self._store.put_endpoint(name, sealed, expected=expected, now=self._clock.time())

    async def remove(self, name: str, expected: str) -> None:
        """Keep one no more; see `put`."""
        await self._store.remove_endpoint(name, expected=expected)

    def _opened(self, stored: StoredEndpoint) -> Entry:
        name, sealed, version, created_at, changed_at = stored
        document, problem = None, None
        try:
            document = orjson.loads(self._sealer.open("endpoints", sealed))
        except SealError as error:
            problem = str(error)
        return Entry(name, document, version, created_at, changed_at, problem)
