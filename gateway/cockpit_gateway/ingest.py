"""Ingest: from a body to a committed event. The first half of an event's way."""

from __future__ import annotations

import asyncio
import fnmatch
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import structlog
import uuid_utils

from cockpit_gateway import traceparent
from cockpit_gateway.catalogue import LONGEST_NAME_REMEMBERED, Catalogue
from cockpit_gateway.clock import Clock
from cockpit_gateway.config import Source
from cockpit_gateway.delivery.dispatcher import Dispatcher
from cockpit_gateway.delivery.planning import Planner
from cockpit_gateway.envelope import Arrival, leading_name, read_envelope
from cockpit_gateway.errors import RAISED_BY_PLUGINS, Drop, EmitError, StoreUnavailableError
from cockpit_gateway.events import LONGEST_NAME, Event, EventStatus, JSONValue, event_name
from cockpit_gateway.handlers import HandlerTable
from cockpit_gateway.hosting import Plugins
from cockpit_gateway.recorder import Recorder
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Duplicate, NewDelivery
from cockpit_gateway.telemetry.context import bind
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.telemetry.spans import Attributes, Kind, Spans

PARSED_ON_THE_LOOP = 1024 * 1024
"""Bytes of a body above which it is parsed in a thread, and one at a time."""

FEEDS_ON_ITSELF = "cockpit.webhook"
"""Fired before each webhook is sent, the last body inside: it doubles for ever (Cockpit/webhooks.php:80)."""

OWN_SOURCE = "gateway"
"""Source of the gateway's own events."""

MOST_GATEWAYS = 10
"""Gateways that an event may come through."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Fate(StrEnum):
    """What became of a POST that was let in."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a POST.

    Attributes:
        fate: What became of it.
        event_id: The event's id, or that of the event it repeats; None if nothing was stored.
        name: The event's name, "" if it could not be decoded.
    """

    fate: Fate
    event_id: str | None
    name: str


class Ingest:
    """Takes bodies in.

    Args:
        sources: The Cockpit sites, by name.
        duplicate_window: Seconds in which an equal key and body are the same event.
        max_depth: Levels that a body may be nested.
        catalogue: The known events.
        plugins: The plugins; `renew` after they have become others.
        planner: Plans deliveries.
        dispatcher: Gets the work.
        store: Keeps the event.
        clock: Tells when it was received.
        metrics: Counts it.
        recorder: Counts it for the pages.
        spans: Are told of its commit.
    """

    def __init__(
        self,
        *,
        sources: Mapping[str, Source],
        duplicate_window: float,
        max_depth: int,
        catalogue: Catalogue,
        plugins: Plugins,
        planner: Planner,
        dispatcher: Dispatcher,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        recorder: Recorder,
        spans: Spans,
    ) -> None:
        self._spans = spans
        self._duplicate_window = duplicate_window
        self._max_depth = max_depth
        self._catalogue = catalogue
        self._plugins = plugins
        self._planner = planner
        self._dispatcher = dispatcher
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._recorder = recorder
        self.gateway_id = ""
        """This gateway's id, known once the store is open."""
        self.trouble: str | None = None
        """Why the last event could not be stored, None if it could."""
        # One at a time: of a body that is made of brackets, what is parsed takes some thirty times its bytes.
        self._large = asyncio.Lock()
        self.renew(sources)

    def renew(self, sources: Mapping[str, Source]) -> None:
        """Take in by what the plugins and their targets are now, and from which sites."""
        self._sources = sources
        self._filters = self._plugins.registry.implementations("filter_event")
        self._handlers = HandlerTable(self._plugins.registry, self._catalogue)
        targets = self._dispatcher.targets.values()
        self._named_noise = frozenset(name for target in targets for name in target.wants_noise)
        self._wanted = lru_cache(maxsize=4096)(self._wants)

    async def receive(self, arrival: Arrival, body: bytes, key: str | None = None) -> Receipt:
        """Store an event and hand on its deliveries; returns after the commit.

        Args:
            arrival: By which way it came, from one of the configured sources.
            body: What was posted.
            key: What the sender gave to recognise a repeated POST by.

        Raises:
            StoreUnavailableError: nothing was stored.
        """
        name = leading_name(body)
        if name is not None and (name == FEEDS_ON_ITSELF or not self.wants(arrival.source, name)):
            return self._turn_away(arrival.source, name)
        if len(body) <= PARSED_ON_THE_LOOP:
            return await self._store_event(arrival, body, name, key)
        async with self._large:
            return await self._store_event(arrival, body, name, key)

    async def _store_event(self, arrival: Arrival, body: bytes, name: str | None, key: str | None) -> Receipt:
        source = arrival.source
        began = time.perf_counter()
        event = await self._read(replace(arrival, via=(*arrival.via, self.gateway_id)), body)
        bind(source=source, event_id=event.id, event=event.name)
        if name is None and event.name and (event.name == FEEDS_ON_ITSELF or not self.wants(source, event.name)):
            return self._turn_away(source, event.name)
        event = self._stop_loop(self._filter(event))
        duplicate = None if key is None else self._duplicate(source, key, body)
        deliveries = self._planner.plan(event)
        self._metrics.planned(time.perf_counter() - began)
        return await self._commit(event, deliveries, duplicate)

    async def announce(self, name: str, args: Sequence[JSONValue]) -> None:
        """Make an event of the gateway's own: stored, and delivered to whoever names it."""
        event = self._own_event(name, args)
        try:
            await self._commit(event, self._planner.plan(event), None)
        except StoreUnavailableError as error:
            log.warning("cannot store an event of the gateway's own now", name=name, problem=str(error))

    async def emit(self, plugin: str, name: str, args: Sequence[JSONValue], key: str | None) -> str:
        """Make an event of a plugin's: stored, and delivered like Cockpit's; see `PluginContext.emit`."""
        match = self._catalogue.match(name)
        if not self._catalogue.is_custom(name) and (match is None or match.entry.plugin != plugin):
            raise EmitError(
                f"plugin {plugin} emits {name!r}, which it has not declared; implement register_events, or list the "
                "name under custom_events"
            )
        event = self._filter(self._own_event(name, args, label=plugin))
        duplicate = None if key is None else self._duplicate(f"{OWN_SOURCE}/{plugin}", key, b"")
        receipt = await self._commit(event, self._planner.plan(event), duplicate)
        return receipt.event_id or event.id

    def _own_event(self, name: str, args: Sequence[JSONValue], label: str | None = None) -> Event:
        return Event(
            str(uuid_utils.uuid7()),
            event_name(name),
            OWN_SOURCE,
            b"",
            self._clock.time(),
            label=label,
            subjects=self._catalogue.subjects(name, args),
            via=(self.gateway_id,),
            trace=traceparent.current.get(),
        ).with_args(list(args))

    def _stop_loop(self, event: Event) -> Event:
        """Drop an event that has been here before: gateways that deliver to each other in a circle never end."""
        if self.gateway_id in event.via[:-1]:
            return _without_args(event, EventStatus.DROPPED, "a loop: it has come through this gateway before")
        if len(event.via) > MOST_GATEWAYS:
            problem = f"a loop is likely: it has come through {len(event.via) - 1} gateways"
            return _without_args(event, EventStatus.DROPPED, problem)
        return event

    def _turn_away(self, source: str, name: str) -> Receipt:
        fate = Fate.REFUSED if name == FEEDS_ON_ITSELF else Fate.IGNORED
        self._count(source, fate)
        return Receipt(fate, None, name)

    def wants(self, source: str, name: str) -> bool:
        """Tell whether an event is stored: it is no noise, or somebody names it."""
        return (self._wanted if len(name) <= LONGEST_NAME_REMEMBERED else self._wants)(source, name)

    def _wants(self, source: str, name: str) -> bool:
        if not self._catalogue.is_noise(name) or name in self._named_noise:
            return True
        site = self._sources.get(source)  # it may be gone from the configuration since the request was let in
        accepted = () if site is None else site.accept
        return self._handlers.names_hook_of(name) or any(fnmatch.fnmatchcase(name, pattern) for pattern in accepted)

    async def _read(self, arrival: Arrival, body: bytes) -> Event:
        def read() -> Event:
            return read_envelope(
                body,
                arrival,
                event_id=str(uuid_utils.uuid7()),
                received_at=self._clock.time(),
                catalogue=self._catalogue,
                max_depth=self._max_depth,
            )

        return read() if len(body) <= PARSED_ON_THE_LOOP else await asyncio.to_thread(read)

    def _filter(self, event: Event) -> Event:
        for implementation in self._filters:
            try:
                changed = _filtered(self._plugins.host(implementation).call(implementation, {"event": event}), event)
            except Drop as drop:
                return _without_args(event, EventStatus.DROPPED, f"{implementation.plugin}: {_line(drop.reason)}")
            except RAISED_BY_PLUGINS as error:
                log.exception("filter failed, arguments withheld", plugin=implementation.plugin, event_id=event.id)
                problem = f"the filter of plugin {implementation.plugin} failed: {type(error).__name__}"
                return _without_args(event, EventStatus.WITHHELD, problem)
            event = changed
        return event

    def _duplicate(self, source: str, key: str, body: bytes) -> Duplicate:
        digest = hashlib.sha256(
            "\0".join((source, key, hashlib.sha256(body).hexdigest())).encode("utf-8", "surrogateescape")
        )
        return Duplicate(digest.hexdigest(), self._clock.time() + self._duplicate_window)

    async def _commit(self, event: Event, deliveries: Sequence[NewDelivery], duplicate: Duplicate | None) -> Receipt:
        began = time.perf_counter()
        try:
            noted: Attributes = {
                "cockpit.event.id": event.id,
                "cockpit.event.name": event.name,
                "cockpit.deliveries": len(deliveries),
            }
            with self._spans.span("store", Kind.INTERNAL, event.trace, noted):
                accepted = await self._store.accept(event, deliveries, duplicate)
            self.trouble = None
        except BaseException as error:
            self.trouble = str(error) if isinstance(error, StoreUnavailableError) else self.trouble
            self._dispatcher.withdraw(deliveries, len(event.body))
            raise
        self._metrics.committed(time.perf_counter() - began)
        if accepted.duplicate:
            self._dispatcher.withdraw(deliveries, len(event.body))
            self._count(event.source, Fate.DUPLICATE)
            return Receipt(Fate.DUPLICATE, accepted.event_id, event.name)
        self._count_stored(event)
        self._dispatcher.take(event, deliveries, accepted.work)
        return Receipt(Fate.STORED, accepted.event_id, event.name)

    def _count_stored(self, event: Event) -> None:
        self._count(event.source, Fate.STORED)
        if event.status is not EventStatus.ACCEPTED:
            self._metrics.unsound(event.source, event.status)

    def _count(self, source: str, fate: Fate) -> None:
        self._metrics.received(source, fate)
        self._recorder.received(source, fate.value)


def _filtered(answer: object, event: Event) -> Event:
    """Return what a filter made of an event; an answer that is none may stand for a secret that was not masked."""
    if answer is None:
        return event
    if not isinstance(answer, Event):
        raise TypeError(f"filter_event returns an Event or None, not {type(answer).__name__}")
    _require_storable(answer)
    return answer


def _require_storable(event: Event) -> None:
    """Refuse an event with a field that no store takes."""
    texts = (event.id, event.name, event.source, event.label, event.hook, event.problem, *event.subjects)
    for text in texts:
        if text is not None:
            text.encode()
    if event.name != event_name(event.name):
        raise ValueError(f"an event's name has up to {LONGEST_NAME} bytes")
    if not isinstance(event.body, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - it is a plugin's
        raise TypeError(f"an event's body is bytes, not {type(event.body).__name__}")
    if event.backend not in (None, 0, 1):
        raise TypeError(f"an event's backend is 1, 0 or None, not {event.backend!r}")


def _line(reason: object) -> str:
    """Return the reason of a plugin as one line that every store takes."""
    return " ".join(str(reason).encode("utf-8", "replace").decode().split())


def _without_args(event: Event, status: EventStatus, problem: str) -> Event:
    return replace(event.with_args([]), status=status, problem=problem)
