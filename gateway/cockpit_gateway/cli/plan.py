"""`cockpit-gateway plan`: what another configuration would change."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from cockpit_gateway.cli.bulk import counted
from cockpit_gateway.cli.client import Client, Document, Query, connect
from cockpit_gateway.cli.filters import EventChoice, SinceOption
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import err, print_json
from cockpit_gateway.cli.planned import document_of, print_plan
from cockpit_gateway.cli.stored import stored_endpoints
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.errors import ConfigError, GatewayError

if TYPE_CHECKING:
    from cockpit_gateway.events import Event
    from cockpit_gateway.rehearsal import Cast, Rehearsal

PAGE = 200
"""Events that are planned at once."""


def plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The other configuration, - for standard input.")],
    *,
    since: SinceOption = "24h",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what would change if FILE became the configuration: settings, endpoints, and where stored events would go.

    Nothing is written or sent. Exits with 2 if FILE has mistakes.
    """
    from cockpit_gateway.config import ConfigFile
    from cockpit_gateway.rehearsal import Cast, Rehearsal

    path = find_config(config)
    period = EventChoice(since=since, until="0s").query()
    other = ConfigFile.from_text(sys.stdin.read(), "-") if file == Path("-") else ConfigFile.read(file)
    after, before = Cast(other), Cast(ConfigFile.read(path))
    rehearsal, pending, problem = Rehearsal(), dict[TargetId, int](), None
    stored: Sequence[Document] = []
    try:
        with connect(path) as client:
            stored = stored_endpoints(client)
            pending = {_target_id(found): found["pending"] for found in client.every("targets")["targets"]}
            _rehearse(client, period, before, after, rehearsal)
    except ConfigError:
        raise
    except GatewayError as error:
        problem = str(error)
    found = document_of(before, after, rehearsal, pending, stored, problem)
    if as_json:
        print_json(found)
    else:
        print_plan(found)
    if problem is not None:
        raise typer.Exit(1)


def _rehearse(client: Client, period: Query, before: Cast, after: Cast, rehearsal: Rehearsal) -> None:
    with asyncio.Runner() as runner:
        for page in _pages(client, period, "the configuration in force"):
            made = [_target_id(delivery) for line in page for delivery in line["deliveries"]]
            runner.run(rehearsal.before(before, [_event(line) for line in page], made))
        for page in _pages(client, period, "the other one"):
            runner.run(rehearsal.after(after, [_event(line) for line in page]))


def _pages(client: Client, period: Query, who: str) -> Iterator[Sequence[Document]]:
    """Give the stored events, some at a time, and show how many there were."""
    lines = client.lines("events", "export", query=period)
    count = 0
    with err.status("plan") as status:
        while page := [orjson.loads(line) for line in islice(lines, PAGE)]:
            yield page
            count += len(page)
            status.update(f"planning by {who}: {counted(count, 'event')}")


def _target_id(found: Document) -> TargetId:
    return TargetId(found["plugin"], found["target"])


def _event(line: Document) -> Event:
    from cockpit_gateway.rehearsal import event_of

    return event_of(line, datetime.fromisoformat(line["received_at"]).timestamp())
