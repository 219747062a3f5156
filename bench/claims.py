"""What a claim on PostgreSQL costs, the more deliveries are kept."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TypeVar

import asyncpg
import uuid_utils

from bench.load import BODY
from bench.postgresql import LocalServer
from bench.rows import percentile
from cockpit_gateway.deliveries import Attempt, DeliveryState, Outcome, TargetId, Work
from cockpit_gateway.events import Event
from cockpit_gateway.store import open_store
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import NewDelivery, Settlement

_Result = TypeVar("_Result")

TARGETS = [TargetId("webhook", f"e{number}") for number in range(8)]
PENDING_SHARE = 10
"""One in so many deliveries waits, the newest of them."""

LIMIT, ROOM = 100, 2**25
"""Deliveries, and bytes, that one claim takes, as the gateway does."""

ROUNDS = 64


@dataclass(frozen=True)
class Claims:
    """What was measured.

    Attributes:
        deliveries: Deliveries in the store, of which one in ten waits.
        size: Bytes of the database.
        times: Seconds of each operation: those of the median and of the 95th percentile, by its name.
    """

    deliveries: int
    size: int
    times: dict[str, tuple[float, float]]


def claims(sizes: Sequence[int], done: Callable[[], None]) -> list[Claims]:
    """Measure claims, outcomes and acceptance in a store that grows.

    Args:
        sizes: Deliveries that it has each time, in growing order.
        done: Called after each of them.
    """
    with LocalServer.temporary() as server:
        return asyncio.run(_measure(server, sizes, done))


async def _measure(server: LocalServer, sizes: Sequence[int], done: Callable[[], None]) -> list[Claims]:
    found: list[Claims] = []
    store = open_store(server.url)
    await store.open()
    try:
        for size in sizes:
            await _fill(server, size)
            found.append(Claims(size, await _size(server), await _times(store)))
            done()
    finally:
        await store.close()
    return found


async def _times(store: Store) -> dict[str, tuple[float, float]]:
    taken: defaultdict[str, list[float]] = defaultdict(list)

    async def timed(name: str, work: Awaitable[_Result]) -> _Result:
        began = time.perf_counter()
        result = await work
        taken[name].append(time.perf_counter() - began)
        return result

    for number, target_id in enumerate(islice(cycle(TARGETS), ROUNDS)):
        for name, ordered in (("claim 100", False), ("claim 100 in order", True)):
            claim = store.claim(target_id, now=time.time(), limit=LIMIT, room=ROOM, ordered=ordered)
            claimed = await timed(name, claim)
            if len(claimed.work) != LIMIT:
                raise RuntimeError(f"{len(claimed.work)} deliveries were claimed instead of {LIMIT}")
            await timed("100 outcomes", asyncio.gather(*(store.settle(_delivered(work)) for work in claimed.work)))
        await timed("accept", store.accept(*_event(number), None))
    return {name: (statistics.median(times), percentile(sorted(times), 0.95)) for name, times in taken.items()}


def _delivered(work: Work) -> Settlement:
    attempt = Attempt(work.delivery.attempts + 1, time.time(), 0.01, Outcome.DELIVERED)
    return Settlement(work.delivery, attempt, DeliveryState.DELIVERED, 0.0, None)


def _event(number: int) -> tuple[Event, list[NewDelivery]]:
    now = time.time()
    event = Event(str(uuid_utils.uuid7()), "collections.save.after", "website", BODY % number, now)
    return event, [NewDelivery(str(uuid_utils.uuid7()), target, None, now, leased=True) for target in TARGETS]


async def _fill(server: LocalServer, deliveries: int) -> None:
    """Add delivered deliveries, older than what is there, and pending ones, newer; each event goes to all targets."""
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(TARGET_ROWS, TARGETS[0].plugin, [target_id.target for target_id in TARGETS])
        there = await connection.fetchval("SELECT count(*) FROM deliveries WHERE state <> 'pending'")
        waiting = await connection.fetchval("SELECT count(*) FROM deliveries WHERE state = 'pending'")
        pending = deliveries // PENDING_SHARE
        await _add(connection, deliveries - pending - there, "delivered")
        await _add(connection, pending - waiting, "pending")
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _add(connection: asyncpg.Connection, deliveries: int, state: str) -> None:
    events = deliveries // len(TARGETS)
    first = await connection.fetchval(EVENT_ROWS, events, BODY % 0, timeout=3600)
    await connection.execute(DELIVERY_ROWS[state], first, first + events - 1, timeout=3600)


async def _size(server: LocalServer) -> int:
    connection = await asyncpg.connect(server.url)
    try:
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return size


TARGET_ROWS = """
INSERT INTO targets (plugin, target) SELECT $1, * FROM unnest($2::text[]) ON CONFLICT DO NOTHING
"""
EVENT_ROWS = """
WITH made AS (
    INSERT INTO events (seq, id, name, source, hook, backend, subjects, status, received_at)
    SELECT nextval('event_seqs'), gen_random_uuid()::text, 'collections.save.after', 'website', 'all', 1,
        jsonb_build_array('collections/posts/' || number), 'accepted', extract(epoch FROM now())
    FROM generate_series(1, $1::bigint) AS number
    RETURNING seq
), bodies AS (
    INSERT INTO bodies SELECT seq, $2::bytea FROM made
)
SELECT min(seq) FROM made
"""
_DELIVERIES = """
INSERT INTO deliveries
    (id, seq, target, key, state, attempts, due_at, created_at, ended_at, fresh_at, size)
SELECT gen_random_uuid()::text, seq, number, 'collections/posts/' || seq, {state},
    extract(epoch FROM now()), extract(epoch FROM now()), {ended}, extract(epoch FROM now()), 300
FROM generate_series($1::bigint, $2::bigint) AS seq CROSS JOIN targets
"""
DELIVERY_ROWS = {
    "pending": _DELIVERIES.format(state="'pending', 0", ended="NULL"),
    "delivered": f"""
WITH made AS ({_DELIVERIES.format(state="'delivered', 1", ended="extract(epoch FROM now())")} RETURNING number)
INSERT INTO attempts (delivery, number, started_at, duration, outcome, status, headers, body, truncated)
SELECT number, 1, extract(epoch FROM now()), 0.01, 'delivered', 200, '[]', '', false FROM made
""",
}
