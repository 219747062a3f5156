"""`cockpit-gateway endpoints`: where deliveries go, and whether they may."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_table, print_text
from cockpit_gateway.cli.targets import ENDPOINTS, PLANNING, split_name, target_name
from cockpit_gateway.cli.times import local

app = typer.Typer(name="endpoints", help="Where deliveries go, and whether they may.", no_args_is_help=True)


@app.command("list")
def list_endpoints(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the endpoints, and the other plugins' targets, with what waits for each."""
    with connect(find_config(config)) as client:
        found = client.get("targets")
    if as_json:
        print_json(found)
    else:
        worth_showing = [target for target in found["targets"] if target["target"] != PLANNING or target["pending"]]
        print_table(("endpoint", "state", "pending", "since", "reason"), [_row(target) for target in worth_showing])


@app.command()
def enable(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The endpoint's name, or PLUGIN:TARGET.")],
    *,
    config: ConfigOption = None,
) -> None:
    """Let a disabled endpoint's deliveries run again."""
    plugin, target = split_name(name)
    with connect(find_config(config)) as client:
        client.post("targets", plugin or ENDPOINTS, target, "enable")
    print_text(f"{name} is active.")


def _row(target: Document) -> tuple[object, ...]:
    name = target_name(target["plugin"], target["target"])
    return name, target["state"], target["pending"], local(target["since"]), target["reason"]
