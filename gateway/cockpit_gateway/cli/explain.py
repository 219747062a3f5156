"""`cockpit-gateway explain`: why an event was delivered, or was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_fields, print_json, print_table, print_text
from cockpit_gateway.cli.targets import ENDPOINTS, split_choice, target_name
from cockpit_gateway.cli.times import local, relative
from cockpit_gateway.deliveries import DeliveryState


def explain(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The event's id.")],
    *,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", "--target", metavar="NAME", help="Look at this endpoint or PLUGIN:TARGET alone."),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what became of an event: at each endpoint and handler, why it was delivered, why it waits, why it was not."""
    plugin, target = split_choice(endpoint)
    query = {"plugin": plugin or ENDPOINTS, "target": target} if target else {}
    with connect(find_config(config)) as client:
        found = client.get("events", event_id, "explanation", query=query)
    if as_json:
        print_json(found)
        return
    _print_event(found)
    print_table(("target", "state", "why"), [row for target in found["targets"] for row in _rows(target)])
    for target in found["targets"]:
        _print_rest(target)


def _print_event(found: Document) -> None:
    event = found["event"]
    print_fields(
        {
            "event": event["name"] or "(no name)",
            "received": local(event["received_at"]),
            "source": event["source"],
            "at the door": found["door"],
            "hooks": "; ".join(_called(hook) for hook in found["hooks"]),
        }
    )
    print_text()


def _called(hook: Document) -> str:
    return f"{hook['hook']} ({', '.join(hook['plugins']) or 'no plugin implements it'})"


def _rows(target: Document) -> Iterator[tuple[object, ...]]:
    name = target_name(target["plugin"], target["target"])
    if not target["deliveries"]:
        yield name, "not planned", _why_not(target)
    for delivery in target["deliveries"]:
        yield name, delivery["state"], _why(delivery)


def _why_not(target: Document) -> str:
    return "was not, when it came" if target["planned_today"] else target["reason"]


def _why(delivery: Document) -> str:
    until = f", {relative(delivery['until'])}" if delivery["until"] else ""
    ended = f", {relative(delivery['ended_at'])}" if delivery["ended_at"] else ""
    return f"{delivery['why']}{until}{ended}{_other(delivery['other'])}"


def _other(delivery: Document | None) -> str:
    """Return which delivery is meant, and how that one stands."""
    if delivery is None:
        return ""
    due = f", due {relative(delivery['due_at'])}" if delivery["state"] == DeliveryState.PENDING else ""
    return f": {delivery['id']} ({delivery['held'] or delivery['state']}{due})"


def _print_rest(target: Document) -> None:
    """Print what a setting saw, and where today's configuration differs from what was planned."""
    lines = [f"  {name} is {value}" for name, value in target["values"].items()]
    if target["difference"]:
        lines = [f"  {target['difference']}", f"  today: {target['reason']}", *lines]
    if lines:
        print_text(f"\n{target_name(target['plugin'], target['target'])}", "bold")
        print_text("\n".join(lines))
