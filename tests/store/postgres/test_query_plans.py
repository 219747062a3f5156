"""However many rows there are, the frequent statements read few of them: PostgreSQL says so itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from postgres_server import Server

from cockpit_gateway.store.postgres import claiming, leasing, pruning, reading, settling
from cockpit_gateway.store.postgres.engine import PostgresStore
from cockpit_gateway.store.postgres.listing import DELIVERIES, EVENTS
from cockpit_gateway.store.postgres.reading import narrowed, values
from cockpit_gateway.store.postgres.statements import Query
from cockpit_gateway.store.records import DeliveryFilter, EventFilter

ROWS = 30_000
PENDING = 3_000
"""Of the rows; as many lanes have something that is running."""

FILL = f"""
INSERT INTO targets (plugin, target) VALUES ('webhook', 'site'), ('webhook', 'search');
INSERT INTO events (seq, id, name, source, subjects, status, received_at)
SELECT n, 'e' || n, 'name' || n % 10, 'website', '["collections/posts/1"]', 'accepted', n
FROM generate_series(1, {ROWS}) AS n;
INSERT INTO bodies (seq, body) SELECT n, 'x' FROM generate_series(1, {ROWS}) AS n;
INSERT INTO deliveries (id, seq, target, key, state, due_at, created_at, ended_at, owner, superseded_by)
SELECT
    'd' || n, n, 1 + n % 2, 'a/' || n % 5000, s.state, n, n, CASE WHEN s.state = 'delivered' THEN n END,
    CASE s.state WHEN 'running' THEN 'somebody' END, NULL
FROM
    generate_series(1, {ROWS}) AS n,
    LATERAL (
        SELECT
            CASE WHEN n <= {ROWS - 2 * PENDING} THEN 'delivered' WHEN n / 2 % 2 = 0 THEN 'running' ELSE 'pending' END
            AS state
    ) AS s;
INSERT INTO attempts (delivery, number, started_at, duration, outcome)
SELECT n, 1, n, 1, 'delivered' FROM generate_series(1, {ROWS}) AS n;
ANALYZE;
"""

TARGET: dict[str, Any] = {"target": 1, "now": float(ROWS), "limit": 50, "window": 1000, "numbers": [1, 2, 3]}
IDS = ["d1", "d2", "d3"]
SETTLED: dict[str, Any] = {
    "ids": IDS,
    "states": ["delivered"] * 3,
    "numbers": [1] * 3,
    "dues": [1.0] * 3,
    "ends": [1.0] * 3,
    "reasons": [None] * 3,
    "starts": [1.0] * 3,
    "durations": [1.0] * 3,
    "outcomes": ["delivered"] * 3,
    "attempt_reasons": [None] * 3,
    "statuses": [None] * 3,
    "headers": [None] * 3,
    "bodies": [None] * 3,
    "truncated": [None] * 3,
    "owner": "somebody",
}
PAGE = {"first": 0, "last": 2**62, "below": 2**62, "above": 0, "room": 2**40, "number": 1}

QUICK = {
    "find due": (claiming.FIND_DUE, TARGET),
    "next due": (claiming.NEXT_DUE, TARGET),
    "find heads": (claiming.FIND_HEADS, TARGET),
    "lease": (claiming.LEASE, TARGET | {"owner": "somebody", "name": "webhook:site"}),
    "leased work": (claiming.LEASED_WORK, TARGET),
    "settle": (settling.SETTLE, SETTLED),
    "mark begun": (settling.MARK_BEGUN, {"ids": IDS, "times": [1.0] * 3, "owner": "somebody"}),
    "release": (leasing.RELEASE, {"ids": IDS, "owner": "somebody"}),
    "find prunable": (pruning.FIND_PRUNABLE, {"after": 0, "step": 100, "before": 50.0}),
    "delete events": (pruning.DELETE_EVENTS, {"seqs": [1, 2, 3]}),
    "event": (reading.EVENT, {"id": "e1"}),
    "delivery": (reading.DELIVERY, {"id": "d1"}),
    "attempts": (reading.ATTEMPTS, {"id": "d1"}),
    "batch": (reading.BATCH, {"id": "d1"}),
    "held back by": (reading.HELD_BACK_BY, {"id": f"d{ROWS - 1}"}),
    "list events": (narrowed(EVENTS), values(EventFilter()) | PAGE),
    "list events by name": (
        narrowed(EVENTS, narrowed_to_name=True),
        values(EventFilter(name="name1")) | PAGE,
    ),
    "list deliveries": (narrowed(DELIVERIES), values(DeliveryFilter()) | PAGE),
    "list deliveries of a target": (narrowed(DELIVERIES, narrowed_to_number=True), values(DeliveryFilter()) | PAGE),
}

MOST_ROWS = 5_000
"""Rows that a step of a quick statement reads; far fewer than there are."""


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Any:
    with postgres.place() as url:
        yield url


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(filled, server_settings={"jit": "off"})
    if await connection.fetchval("SELECT to_regclass('events')") is None:
        store = PostgresStore(filled)
        await store.open()
        await store.close()
        await connection.execute(FILL)
    yield connection
    await connection.close()


async def steps(
    connection: asyncpg.Connection[asyncpg.Record], query: Query, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the steps that PostgreSQL took to answer a statement, which is undone."""
    transaction = connection.transaction()
    await transaction.start()
    text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}", *query._values(given))
    await transaction.rollback()
    found, waiting = [], [json.loads(text)[0]["Plan"]]
    while waiting:
        step = waiting.pop()
        found.append(step)
        waiting += step.get("Plans", [])
    return found


@pytest.mark.parametrize("name", QUICK)
async def test_few_rows_are_read(connection: asyncpg.Connection[asyncpg.Record], name: str) -> None:
    for step in await steps(connection, *QUICK[name]):
        if step["Node Type"] == "Seq Scan" and step["Actual Loops"]:
            assert step["Relation Name"] in ("targets", "owners"), step
        removed = step.get("Rows Removed by Filter", 0)
        assert (step["Actual Rows"] + removed) * step["Actual Loops"] < MOST_ROWS, step


async def test_a_full_read_would_be_noticed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    query = Query("SELECT count(*) FROM deliveries WHERE reason IS NOT NULL", ())
    assert [step["Relation Name"] for step in await steps(connection, query, {}) if "Relation Name" in step] == [
        "deliveries"
    ]
    (scan,) = (step for step in await steps(connection, query, {}) if step["Node Type"] == "Seq Scan")
    assert scan["Rows Removed by Filter"] == ROWS
