"""`cockpit-gateway events`: what Cockpit posted."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.cli import deliveries
from cockpit_gateway.cli.bulk import Manner
from cockpit_gateway.cli.client import Document, Query, connect
from cockpit_gateway.cli.completing import endpoint_names
from cockpit_gateway.cli.filters import EventChoice
from cockpit_gateway.cli.options import ConfigOption, CursorOption, JsonOption, LimitOption, find_config, spread
from cockpit_gateway.cli.output import print_fields, print_json, print_more, print_table, print_text
from cockpit_gateway.cli.replanning import replay_events
from cockpit_gateway.cli.targets import ENDPOINTS, split_choice
from cockpit_gateway.cli.times import local
from cockpit_gateway.events import EventStatus

StatusOption: TypeAlias = Annotated[EventStatus | None, typer.Option("--status", help="Only events of this status.")]

app = typer.Typer(name="events", help="What Cockpit posted.", no_args_is_help=True)


@app.command("list")
@spread
def list_events(
    *,
    chosen: EventChoice,
    status: StatusOption = None,
    cursor: CursorOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List events, newest first."""
    query = {**chosen.query(), "status": status}
    with connect(find_config(config)) as client:
        found = client.page("events", {**query, "cursor": cursor}, limit)
    if as_json:
        print_json(found)
        return
    print_table(("id", "received", "event", "source", "status", "subjects"), [_row(event) for event in found["events"]])
    print_more(found["next"])


@app.command()
@spread
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Only these events.")] = None,
    *,
    chosen: EventChoice,
    status: StatusOption = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            "--target",
            metavar="NAME",
            autocompletion=endpoint_names,
            help="Make deliveries to this endpoint or PLUGIN:TARGET alone.",
        ),
    ] = None,
    manner: Manner,
    config: ConfigOption = None,
) -> None:
    """Make new deliveries of stored events, as if they arrived today: by today's endpoints, filters and plugins."""
    plugin, target = split_choice(endpoint)
    query: Query = {
        "id": ids,
        **chosen.query(),
        "status": status,
        "plugin": (plugin or ENDPOINTS) if target else None,
        "target": target,
    }
    replay_events(query, manner, config)


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show an event with its arguments and deliveries."""
    with connect(find_config(config)) as client:
        event = client.get("events", event_id)
    if as_json:
        print_json(event)
        return
    print_fields(_fields(event))
    print_text("\nArguments", "bold")
    print_json(event["args"])
    print_text("\nDeliveries", "bold")
    deliveries.print_deliveries(event["deliveries"])


def _row(event: Document) -> tuple[object, ...]:
    subjects = " ".join(event["subjects"])
    return event["id"], local(event["received_at"]), event["name"], event["source"], event["status"], subjects


def _fields(event: Document) -> dict[str, object]:
    return {
        "id": event["id"],
        "event": event["name"],
        "received": local(event["received_at"]),
        "source": event["source"],
        "label": event["label"],
        "hook": event["hook"],
        "backend": event["backend"],
        "subjects": " ".join(event["subjects"]),
        "status": event["status"],
        "problem": event["problem"],
        "bytes": event["bytes"],
        "seq": event["seq"],
        "body": event["body"],
    }
