"""`cockpit-gateway plan`: what another configuration would change."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
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
    async def plan_before(page: Sequence[Document]) -> None:
        made = [_target_id(delivery) for line in page for delivery in line["deliveries"]]
        await rehearsal.before(before, [_event(line) for line in page], made)

    async def plan_after(page: Sequence[Document]) -> None:
        await rehearsal.after(after, [_event(line) for line in page])

    _read_pages(client, period, "the configuration in force", plan_before)
    _read_pages(client, period, "the other one", plan_after)


def _read_pages(client: Client, period: Query, who: str, take: Callable[[Sequence[Document]], Awaitable[None]]) -> None:
    """Read the stored events, some at a time, and show how many there were."""

    async def read(lines: AsyncIterator[bytes]) -> None:
        count = 0
        while page := [orjson.loads(line) async for line in _first(PAGE, lines)]:
            await take(page)
            count += len(page)
            status.update(f"planning by {who}: {counted(count, 'event')}")

    with err.status("plan") as status:
        client.read(read, "events", "export", query=period)


async def _first(count: int, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give so many of the lines that follow, or those that there are."""
    for _ in range(count):
        try:
            yield await anext(lines)
        except StopAsyncIteration:
            return


def _target_id(found: Document) -> TargetId:
    return TargetId(found["plugin"], found["target"])


def _event(line: Document) -> Event:
    from cockpit_gateway.rehearsal import event_of

    return event_of(line, datetime.fromisoformat(line["received_at"]).timestamp())
