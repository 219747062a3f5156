"""`cockpit-gateway deliveries`: where events went, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, LimitOption, find_config
from cockpit_gateway.cli.output import print_fields, print_json, print_more, print_table, print_text
from cockpit_gateway.cli.targets import split_name, target_name
from cockpit_gateway.cli.times import local, relative, span
from cockpit_gateway.deliveries import DeliveryState
from cockpit_gateway.errors import GatewayError

app = typer.Typer(name="deliveries", help="Where events went, and how it ended.", no_args_is_help=True)


@app.command("list")
def list_deliveries(
    *,
    plugin: Annotated[str | None, typer.Option(help="Only deliveries of this plugin.")] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--endpoint", "--target", metavar="NAME", help="Only deliveries to this endpoint or PLUGIN:TARGET."
        ),
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    event: Annotated[str | None, typer.Option(metavar="ID", help="Only deliveries of this event.")] = None,
    before: Annotated[str | None, typer.Option(metavar="ID", help="Only deliveries before this one.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List deliveries, newest first."""
    of_plugin, name = split_name(target or "")
    query = {
        "plugin": plugin or of_plugin,
        "target": name or None,
        "state": state,
        "event": event,
        "before": before,
        "limit": limit,
    }
    with connect(find_config(config)) as client:
        found = client.get("deliveries", query=query)
    if as_json:
        print_json(found)
        return
    print_deliveries(found["deliveries"])
    print_more(found["next"])


@app.command()
def show(
    delivery_id: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a delivery with each attempt and what was answered."""
    with connect(find_config(config)) as client:
        delivery = client.get("deliveries", delivery_id)
    if as_json:
        print_json(delivery)
        return
    print_fields(_fields(delivery))
    for attempt in delivery["history"]:
        print_attempt(attempt)


@app.command()
def retry(
    delivery_ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The deliveries' ids.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Deliver again: at once, and on a fresh schedule."""
    retried: list[Document] = []
    refused: list[str] = []
    with connect(find_config(config)) as client:
        for delivery_id in delivery_ids:
            try:
                retried.append(client.post("deliveries", delivery_id, "retry"))
            except GatewayError as error:
                refused.append(str(error))
    if as_json:
        print_json({"deliveries": retried, "refused": refused})
    elif retried:
        print_deliveries(retried)
    if refused:
        raise GatewayError("\n".join(refused))


def print_deliveries(deliveries: Sequence[Document]) -> None:
    """Print a table of deliveries."""
    columns = ("id", "target", "state", "attempts", "when", "reason")
    print_table(columns, [_row(delivery) for delivery in deliveries])


def _row(delivery: Document) -> tuple[object, ...]:
    return (
        delivery["id"],
        target_name(delivery["plugin"], delivery["target"]),
        delivery["state"],
        delivery["attempts"],
        _when(delivery),
        delivery["reason"],
    )


def _when(delivery: Document) -> str | None:
    """Return what is next for a delivery, or how long ago it ended."""
    if delivery["held"]:
        return f"held: {delivery['held']}"
    if delivery["state"] == DeliveryState.PENDING:
        return f"due {relative(delivery['due_at'])}"
    return f"ended {relative(delivery['ended_at'])}" if delivery["ended_at"] else None


def _fields(delivery: Document) -> dict[str, object]:
    return {
        "id": delivery["id"],
        "event": delivery["event"],
        "target": target_name(delivery["plugin"], delivery["target"]),
        "key": delivery["key"],
        "state": delivery["state"],
        "when": _when(delivery),
        "reason": delivery["reason"],
        "superseded by": delivery["superseded_by"],
        "created": local(delivery["created_at"]),
        "due": local(delivery["due_at"]) if delivery["state"] == DeliveryState.PENDING else None,
        "ended": local(delivery["ended_at"]),
        "attempts": delivery["attempts"],
    }


def print_attempt(attempt: Document) -> None:
    """Print an attempt with what was answered."""
    took = span(attempt["seconds"])
    print_text(f"\nAttempt {attempt['number']}  {local(attempt['started_at'])}  took {took}", "bold")
    response = attempt["response"] or {}
    print_fields({"outcome": attempt["outcome"], "reason": attempt["reason"], "status": response.get("status")})
    for name, value in response.get("headers", ()):
        print_text(f"  {name}: {value}", "dim")
    if response.get("body"):
        print_text(response["body"] + ("…" if response["truncated"] else ""))
