"""Neighbours: what the other gateways on the same store change is taken up here, and what they are told of this one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import Callable, Iterable

import structlog

from cockpit_gateway.clock import Clock
from cockpit_gateway.config import Config, ShownSetting
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.errors import GatewayError
from cockpit_gateway.reloading import Reload, Reloads
from cockpit_gateway.store.nodes import NodeFacts
from cockpit_gateway.store.notices import Change, Notice
from cockpit_gateway.store.port import Store

CATCH_UP_EVERY = 10.0
"""Seconds after which it is looked at what may have changed: a notice may get lost."""

ALIKE = frozenset({"sources", "retention", "custom_events", "plugins"})
"""The parts of the configuration that nodes should have in common."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Neighbours:
    """Takes up what other nodes have changed.

    Args:
        store: Tells of it.
        dispatcher: Delivers what others have planned, and holds what others hold.
        reloads: Takes up others' endpoints, and reads the configuration file again when all nodes are to.
        clock: The time.
        version: Of the program.
        address: Returns where events are taken; "" if nowhere yet.
    """

    def __init__(
        self,
        *,
        store: Store,
        dispatcher: Dispatcher,
        reloads: Reloads,
        clock: Clock,
        version: str,
        address: Callable[[], str],
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._reloads = reloads
        self._clock = clock
        self._version = version
        self._address = address
        self._started_at = clock.time()
        self._digested: Config | None = None
        self._digest = ""
        self._heard: asyncio.Queue[Notice] = asyncio.Queue()
        self._services: list[asyncio.Task[None]] = []
        dispatcher.homes.facts = self.facts

    async def facts(self) -> NodeFacts:
        """Return what this node tells of itself."""
        config, state = self._reloads.generation.config, self._reloads.state
        if config is not self._digested:
            self._digest = await asyncio.to_thread(digest_of, await self._reloads.settings())
            self._digested = config
        return NodeFacts(
            config.settings.node or f"{socket.gethostname()}/{os.getpid()}",
            self._version,
            self._started_at,
            self._address(),
            self._digest,
            reloaded_at=state.tried_at,
            problem=state.problem,
        )

    async def start(self) -> None:
        """Listen to the others, if there may be some, and tell them where this one listens."""
        self._dispatcher.homes.changed.set()
        if self._store.shared:
            await self._store.watch(self._hear)
            self._services = [asyncio.create_task(self._heed()), asyncio.create_task(self._catch_up())]

    async def stop(self) -> None:
        """Take up nothing any more."""
        for service in self._services:
            service.cancel()
        await asyncio.gather(*self._services, return_exceptions=True)

    async def reload(self) -> Reload:
        """Read this node's configuration file again, and then have every other node read its own; see `Reloads`."""
        reload = await self._reloads.reload(None)
        self._store.tell(Change.RELOAD)
        self._dispatcher.homes.changed.set()
        return reload

    def _hear(self, notice: Notice) -> None:
        if notice.change is Change.DUE and notice.target_id is not None:
            self._dispatcher.expect(notice.target_id, self._clock.time())
        elif notice.change is Change.NODES:
            self._dispatcher.homes.changed.set()
        else:
            self._heard.put_nowait(notice)

    async def _heed(self) -> None:
        while True:
            notice = await self._heard.get()
            try:
                await self._take_up(notice)
            except GatewayError as error:
                log.warning("cannot take up what another node has changed", what=notice.change, problem=str(error))
            except Exception:
                log.exception("cannot take up what another node has changed", what=notice.change)

    async def _take_up(self, notice: Notice) -> None:
        match notice.change:
            case Change.HELD:
                await self._dispatcher.holds.heed(notice.target_id)
            case Change.ENDPOINTS:
                await self._take_up_endpoints()
            case Change.RELOAD:
                await self._reload()
            case _:
                self._dispatcher.homes.changed.set()
                self._dispatcher.expect_anything()
                await self._dispatcher.holds.heed()
                await self._take_up_endpoints()

    async def _reload(self) -> None:
        try:
            await self._reloads.reload(None)
        finally:
            self._dispatcher.homes.changed.set()  # the others are told how it went

    async def _take_up_endpoints(self) -> None:
        kept = {(endpoint.name, endpoint.version) for endpoint in await self._store.endpoints()}
        if kept != {(entry.name, entry.version) for entry in self._reloads.entries}:
            await self._reloads.refresh()

    async def _catch_up(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_EVERY)
            if self._heard.empty():  # else it has not come to the last ones: the store is away, or slow
                self._heard.put_nowait(Notice(Change.ANYTHING))


def digest_of(settings: Iterable[ShownSetting]) -> str:
    """Return what tells one node's configuration from another's, as far as they should be alike.

    Where a node listens, its name and its log are its own. Of secrets, only whether there are some is compared.
    """
    alike = "\n".join(f"{setting.path}: {setting.value!r}" for setting in settings if setting.path[0] in ALIKE)
    return hashlib.sha256(alike.encode("utf-8", "replace")).hexdigest()[:16]
