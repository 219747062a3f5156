"""`cockpit-gateway deliveries`: where events went, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cockpit_gateway.cli.bulk import Manner
from cockpit_gateway.cli.changing import CANCEL, REPLAY, IdsArgument, NewIdOption, change_deliveries, replay_query
from cockpit_gateway.cli.client import Document, Query, connect
from cockpit_gateway.cli.filters import DeliveryChoice
from cockpit_gateway.cli.options import ConfigOption, CursorOption, JsonOption, LimitOption, find_config, spread
from cockpit_gateway.cli.output import print_fields, print_json, print_more, print_table, print_text
from cockpit_gateway.cli.targets import target_name
from cockpit_gateway.cli.times import local, relative, span
from cockpit_gateway.deliveries import DeliveryState

app = typer.Typer(name="deliveries", help="Where events went, and how it ended.", no_args_is_help=True)


@dataclass(frozen=True)
class Page:
    """Which part of a list, and how it is printed."""

    cursor: CursorOption = None
    limit: LimitOption = 50
    as_json: JsonOption = False


@app.command("list")
@spread
def list_deliveries(*, chosen: DeliveryChoice, page: Page, config: ConfigOption = None) -> None:
    """List deliveries, newest first."""
    print_page(chosen.query(), page, config)


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
@spread
def replay(
    ids: IdsArgument = None,
    *,
    chosen: DeliveryChoice,
    new_id: NewIdOption = False,
    manner: Manner,
    config: ConfigOption = None,
) -> None:
    """Deliver again, at once, the oldest first: dead letters, unless --state or ids are given."""
    change_deliveries(REPLAY, replay_query(chosen, ids, new_id=new_id), manner, config)


@app.command()
@spread
def cancel(ids: IdsArgument = None, *, chosen: DeliveryChoice, manner: Manner, config: ConfigOption = None) -> None:
    """Deliver no more: what is pending, or with --state dead what was given up. What is running is left alone."""
    change_deliveries(CANCEL, {**chosen.query(), "id": ids}, manner, config)


def print_page(query: Query, page: Page, config: Path | None) -> None:
    """Print a page of deliveries."""
    with connect(find_config(config)) as client:
        found = client.page("deliveries", {**query, "cursor": page.cursor}, page.limit)
    if page.as_json:
        print_json(found)
        return
    print_deliveries(found["deliveries"])
    print_more(found["next"])


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
