"""A store of an earlier version is brought up to date with nothing lost."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

from stores import NOW, SITE, claim

from cockpit_gateway import DeliveryState
from cockpit_gateway.deliveries import Hold
from cockpit_gateway.store.sqlite import file
from cockpit_gateway.store.sqlite.engine import SqliteStore

FIRST = (files("cockpit_gateway.store.sqlite") / "migrations" / "0001_initial.sql").read_text()
BODY = b'{"event":"collections.save.after","args":[]}'


def first_version(path: Path) -> None:
    """Make a store as its first version was: a disabled target, and one delivery in each state that may go on."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(FIRST)
    connection.execute(f"PRAGMA application_id = {file.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.execute(
        "INSERT INTO targets VALUES (1, ?, ?, 'url', 1, 'HTTP 410 Gone', ?)", (SITE.plugin, SITE.target, NOW)
    )
    for seq, state in enumerate(("pending", "running", "dead"), start=1):
        connection.execute(
            "INSERT INTO events (seq, id, name, source, subjects, status, received_at) "
            "VALUES (?, ?, 'collections.save.after', 'website', '[]', 'accepted', ?)",
            (seq, f"event-{seq}", NOW),
        )
        connection.execute("INSERT INTO bodies VALUES (?, ?)", (seq, BODY))
        connection.execute(
            "INSERT INTO deliveries (id, seq, target, state, due_at, created_at, ended_at) "
            "VALUES (?, ?, 1, ?, ?, ?, ?)",
            (f"delivery-{state}", seq, state, NOW, NOW - 5, NOW if state == "dead" else None),
        )
    connection.close()


async def test_from_the_first_version(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    first_version(path)
    store = SqliteStore(path)
    opened = await store.open()
    try:
        (state,) = await store.target_states()
        found = {name: await store.delivery(f"delivery-{name}") for name in ("pending", "running", "dead")}
        assert len(opened.gateway_id) == 32
        assert (state.held, state.reason, state.failing_for) == (Hold.DISABLED, "HTTP 410 Gone", 0)
        assert {delivery.size for delivery in found.values()} == {len(BODY)}
        assert {delivery.fresh_at for delivery in found.values()} == {NOW - 5}
        assert found["running"].state is DeliveryState.PENDING
        assert (await store.event("event-1")).via == ()
        assert await claim(store) == ["delivery-pending", "delivery-running"]
    finally:
        await store.close()
