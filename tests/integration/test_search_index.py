"""A search index fed through failures, restarts, kills and removes ends equal to the Cockpit that it mirrors."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import gateways
import pytest
from fuzzing import TIMES
from search_index import Collection, Index, listening
from store_data import SqliteData

from cockpit_gateway import DeliveryState
from cockpit_gateway.gateway import Gateway

CHANGES = 30
"""Changes of each collection."""

POSTS_BETWEEN_ENDS = 20
"""Posts that are answered between one end of the gateway's process and the next."""

PATIENCE = 0.2
YAML = """
sources: {{website: {{}}}}
plugins:
  webhook:
    endpoints:
      search:
        url: '{url}'
        allow_private: true
        events: [collections.save.after, collections.remove.before, collections.remove.after]
        ordered: true
        timeout: {patience}s
        retry: [0s, {retries}, 1h]
"""


class Host:
    """Where the gateway runs, is stopped or killed, and runs again.

    Args:
        data: What outlives its processes.
        index: Where it delivers to.
    """

    def __init__(self, data: SqliteData, index: Index) -> None:
        self._data = data
        self._index = index
        self._gateway: Gateway | None = None
        self.answered = 0

    async def start(self) -> None:
        yaml = YAML.format(
            url=f"{self._index.url}/{self._index.process}", patience=PATIENCE, retries=", ".join(["20ms"] * 98)
        )
        gateway = gateways.assemble(self._data.directory, yaml)
        await gateway.start()
        self._gateway = gateway

    async def stop(self) -> None:
        gateway, self._gateway = self._gateway, None
        assert gateway is not None
        for _ in range(10):  # turns of the event loop: asyncio leaks what is being accepted while a server closes
            await asyncio.sleep(0)
        await gateway.stop()

    async def kill(self) -> None:
        """Leave the data as a kill would: what the process does from now on, nobody sees."""
        self._data = self._data.as_after_a_kill()
        self._index.process += 1
        await self.stop()

    async def post(self, body: bytes) -> None:
        """Post until it is answered; Cockpit would not, but what it lost nobody can index."""
        while True:
            gateway = self._gateway
            if gateway is not None and await self._is_taken(gateway, body):
                self.answered += 1
                return
            await asyncio.sleep(0.005)

    async def _is_taken(self, gateway: Gateway, body: bytes) -> bool:
        process = self._index.process
        try:
            answer = await gateways.post(gateway, body)
        except OSError:
            return False
        return answer.status == 202 and process == self._index.process

    async def is_done(self) -> bool:
        assert self._gateway is not None
        totals = await self._gateway.store.totals()
        return {state for _, state in totals.deliveries} == {DeliveryState.DELIVERED}


async def change(collection: Collection, host: Host) -> None:
    for _ in range(CHANGES):
        for body in collection.change():
            await host.post(body)


async def end_now_and_then(host: Host, chance: random.Random, posting: asyncio.Future[list[None]]) -> None:
    """Stop or kill the gateway again and again while events are posted, and start it again."""
    while not posting.done():
        until = host.answered + POSTS_BETWEEN_ENDS
        while host.answered < until and not posting.done():
            await asyncio.sleep(0.001)
        await chance.choice((host.stop, host.kill))()
        await host.start()


@pytest.mark.parametrize("seed", range(3 * TIMES))
async def test_the_index_ends_equal_to_its_cockpit(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    index = Index(random.Random(seed), PATIENCE)
    collections = [Collection(name, random.Random(f"{name}{seed}")) for name in ("posts", "pages", "posts-old")]
    async with listening(index):
        host = Host(SqliteData(tmp_path), index)
        await host.start()
        posting = asyncio.gather(*(change(collection, host) for collection in collections))
        await end_now_and_then(host, chance, posting)
        async with asyncio.timeout(4 * gateways.PATIENCE):
            while not await host.is_done():
                await asyncio.sleep(0.01)
        await host.stop()
    assert index.documents == {collection.name: collection.entries for collection in collections}
    assert index.went["again"]
