"""Killed at any instant, the store has what it acknowledged, and knows what had begun."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from stores import NOW, all_deliveries, claim

from cockpit_gateway import DeliveryState
from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.sqlite.engine import SqliteStore

WORKER = """
import asyncio, sys
from pathlib import Path
from stores import a_delivery, an_event, delivered, failed
from cockpit_gateway.store.sqlite.engine import SqliteStore

async def work(store, number):
    while True:
        number += 1
        accepted = await store.accept(an_event(), [a_delivery(leased=True)])
        print("accepted", accepted.event_id, flush=True)
        work = accepted.work[0]
        store.mark_begun(work.delivery)
        if number == 1:
            await asyncio.Event().wait()
        await asyncio.sleep(0.001 * (number % 5))
        await store.settle((failed if number % 3 == 0 else delivered)(work))
        print("settled", work.delivery.id, flush=True)

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    await asyncio.gather(*(work(store, number) for number in range(30)))

asyncio.run(main())
"""


def work_until_killed(path: Path, lines: int) -> list[tuple[str, str]]:
    """Run a process that reports what was acknowledged, kill it after so many lines, and return its whole report."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WORKER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        report = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        report += process.stdout.readlines()
    return [tuple(line.split()) for line in report if line.endswith("\n")]  # type: ignore[misc]


@pytest.fixture
def report(path: Path) -> Sequence[tuple[str, str]]:
    """What several processes acknowledged before each was killed."""
    return [line for lines in (101, 150, 313) for line in work_until_killed(path, lines)]


async def test_nothing_acknowledged_is_lost(
    path: Path, report: Sequence[tuple[str, str]], sqlite_store: SqliteStore
) -> None:
    assert Counter(what for what, _ in report)["settled"] > 100
    missing = [what for what in report if not await is_there(sqlite_store, *what)]
    assert missing == []


async def is_there(store: Store, what: str, found_id: str) -> bool:
    try:
        if what == "accepted":
            return bool(await store.event(found_id))
        return (await store.delivery(found_id)).attempts == 1 == len(await store.attempts(found_id))
    except NotFoundError:
        return False


async def test_what_was_under_way_is_due_again_and_known_to_have_begun(
    path: Path, report: Sequence[tuple[str, str]], sqlite_store: SqliteStore
) -> None:
    found = await all_deliveries(sqlite_store)
    settled = {found_id for what, found_id in report if what == "settled"}
    interrupted = {item.id for item in found if item.state is DeliveryState.PENDING and not item.attempts}
    assert {item.state for item in found} == {DeliveryState.PENDING, DeliveryState.DELIVERED}
    assert interrupted
    assert settled.isdisjoint(interrupted)
    assert interrupted <= set(await claim(sqlite_store, now=NOW, limit=10_000))
    connection = sqlite3.connect(path)
    begun = {begun_id for (begun_id,) in connection.execute("SELECT id FROM deliveries WHERE crashes > 0")}
    counted = connection.execute(
        "SELECT count(*) FROM deliveries d WHERE attempts <> (SELECT count(*) FROM attempts WHERE delivery = d.number)"
    )
    assert begun
    assert begun <= interrupted
    assert counted.fetchone() == (0,)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
