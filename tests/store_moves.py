"""A file that moves into a database: what is in it, how it moves, and what is there then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stores import NOW, SEARCH, SITE, a_delivery, accept, all_deliveries, an_event, delivered, died, failed
from stores import leased as accept_leased
from typer.testing import CliRunner, Result

from cockpit_gateway import Event
from cockpit_gateway.cli.app import app
from cockpit_gateway.deliveries import Hold, Response
from cockpit_gateway.store import moving, open_store
from cockpit_gateway.store.activity import MINUTE, Activity, Happening, Period, SourceCell, TargetCell
from cockpit_gateway.store.answers import Answer, AnswerKey
from cockpit_gateway.store.moving import Moved
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import Duplicate, EventFilter
from cockpit_gateway.store.sqlite.engine import SqliteStore
from cockpit_gateway.targets import Coalesce

ODD = "a\0b \ufdd0 \ufdd00 \ufdd01 \U0010ffff é"
"""A text as it may come from outside: PostgreSQL cannot hold all of it as it is."""

KEY = AnswerKey(ODD, "k")
AT = round(NOW) // 3600 * 3600

DYING = """
import os, signal, sys
from cockpit_gateway.cli import main
from cockpit_gateway.store.postgres import move_mark
from cockpit_gateway.store.postgres.connections import Connections
from cockpit_gateway.store.sqlite import file, leaving

steps, leaving.MOST_ROWS = int(sys.argv.pop(1)), 7
transact, advance = Connections.transact, move_mark.advance

def step():
    global steps
    steps -= 1
    if not steps:
        os.kill(os.getpid(), signal.SIGKILL)

async def transact_or_die(self, act):
    done = await transact(self, act)
    step()
    return done

async def advance_or_die(connection, move):
    await advance(connection, move)
    step()

Connections.transact, move_mark.advance = transact_or_die, advance_or_die
main()
"""
"""The command, in batches of a few rows; it is killed at a step, within a transaction or after its end."""


async def move(path: Path, url: str) -> Moved:
    return await moving.move(path, url, lambda *_: lambda _: None)


def command(path: Path, url: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["store", "migrate", "--from", f"sqlite:{path}", "--to", url, *options])


def killed_at(step: int, path: Path, url: str) -> int:
    """Run the command in a process that is killed at a step, if it comes so far; return how it ended."""
    arguments = [sys.executable, "-c", DYING, str(step), "store", "migrate", "--from", f"sqlite:{path}", "--to", url]
    return subprocess.run(arguments, capture_output=True, check=False).returncode


async def opened(url: str) -> Store:
    store = open_store(url)
    await store.open()
    return store


async def fill(store: SqliteStore) -> None:
    """Have everything happen that leaves a trace in a store."""
    await store.set_targets({SITE: "one", SEARCH: "two"})
    await store.set_held(SEARCH, Hold.PAUSED, reason=ODD, now=NOW)
    await store.note_failing(SITE, 12.5)
    odd = an_event(name=ODD, label=ODD, hook=ODD, subjects=(ODD, "x"), problem=ODD, via=("here",), body=b"\0\xff")
    await store.accept(odd, [a_delivery(SITE, ODD), a_delivery(SEARCH)], Duplicate("digest", NOW + 60))
    response = Response(201, (("x-odd", ODD),), b"\0body", truncated=True)
    await store.settle(delivered(await accept_leased(store), response=response))
    await store.settle(failed(await accept_leased(store)))
    await store.settle(died(await accept_leased(store, SEARCH)))
    rule = Coalesce(wait=60, max_wait=600, keep="list")
    for _ in range(3):
        await store.accept(an_event(), [a_delivery(SITE, "burst", coalesce=rule)])
    await store.put_endpoint("made-here", b"\0sealed", expected=None, now=NOW)
    await store.set_value("plugin", ODD, b"\0value")
    await store.begin_answer(KEY, b"\1", now=NOW)
    await store.keep_answer(KEY, Answer(200, b"\2sealed"))
    counts = Activity({SourceCell(AT, "website", "stored"): 3}, {TargetCell(SITE, AT, Happening.DELIVERED, 7): 4})
    await store.add_activity(counts, now=AT)
    for _ in range(40):
        await accept(store, a_delivery(SITE, "key"))


async def content(store: Store) -> dict[str, object]:
    """Return all that the port tells of what is stored, but for the moments of this test."""
    events: list[Event] = [*await store.events(EventFilter(limit=1000))]
    deliveries = await all_deliveries(store)
    return {
        "events": [(event, event.body) for event in events],
        "deliveries": deliveries,
        "attempts": [await store.attempts(delivery.id) for delivery in deliveries],
        "batches": [await store.batch(delivery.id) for delivery in deliveries],
        "targets": await store.target_states(),
        "endpoints": await store.endpoints(),
        "value": await store.get_value("plugin", ODD),
        "answer": await store.begin_answer(KEY, b"", now=NOW),
        "sources": await store.source_activity(Period(AT, AT + 3600, MINUTE)),
        "activity": await store.target_activity(Period(AT, AT + 3600, MINUTE)),
        "dead": await store.dead_letters(),
        "backlog": await store.backlog(),
    }
