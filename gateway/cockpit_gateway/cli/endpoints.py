"""`cockpit-gateway endpoints`: where deliveries go, and whether they may."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.completing import endpoint_names
from cockpit_gateway.cli.deliveries import print_attempt
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_fields, print_json, print_table, print_text
from cockpit_gateway.cli.targets import ENDPOINTS, PLANNING, split_name, target_name
from cockpit_gateway.cli.times import local, relative, span
from cockpit_gateway.deliveries import Outcome
from cockpit_gateway.errors import GatewayError

app = typer.Typer(name="endpoints", help="Where deliveries go, and whether they may.", no_args_is_help=True)

NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", autocompletion=endpoint_names, help="The endpoint's name, or PLUGIN:TARGET."),
]


@app.command("list")
def list_endpoints(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the endpoints, and the other plugins' targets, with what waits for each."""
    with connect(find_config(config)) as client:
        found = client.every("targets")
    if as_json:
        print_json(found)
    else:
        worth_showing = [target for target in found["targets"] if target["target"] != PLANNING or target["pending"]]
        columns = ("endpoint", "state", "pending", "oldest", "since", "reason")
        print_table(columns, [_row(target) for target in worth_showing])


@app.command()
def show(name: NameArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show an endpoint's state, what waits for it, and the rules that the gateway keeps for it."""
    with connect(find_config(config)) as client:
        target = client.get(*_path(name))
    if as_json:
        print_json(target)
        return
    print_fields(_fields(target))
    if target["rules"]:
        print_text("\nRules", "bold")
        print_fields(_rules(target["rules"]))


@app.command()
def pause(
    name: NameArgument,
    *,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever looks at it.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Hold an endpoint's deliveries until it is resumed; what is under way goes on."""
    _change(name, "pause", "is paused, its deliveries wait", as_json=as_json, config=config, body={"reason": reason})


@app.command()
def resume(name: NameArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Let a paused endpoint's deliveries run again."""
    _change(name, "resume", "is active", as_json=as_json, config=config)


@app.command()
def enable(name: NameArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Let the deliveries of an endpoint run again that was disabled, or is broken."""
    _change(name, "enable", "is active", as_json=as_json, config=config)


@app.command("test")
def send_test(
    name: NameArgument,
    *,
    event: Annotated[
        str | None, typer.Option(metavar="ID", help="Send this stored event instead of one made up for the purpose.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send one request to an endpoint, whatever its state, and show the answer; nothing is stored or repeated."""
    with connect(find_config(config), daemon_only=True) as client:
        attempt = client.post(*_path(name), "test", body={"event": event})
    if as_json:
        print_json(attempt)
    else:
        print_attempt(attempt)
    if attempt["outcome"] != Outcome.DELIVERED:
        raise GatewayError(f"{name} did not take it: {attempt['reason']}")


def _change(
    name: str, change: str, done: str, *, as_json: bool, config: Path | None, body: Document | None = None
) -> None:
    with connect(find_config(config)) as client:
        target = client.post(*_path(name), change, body=body)
    if as_json:
        print_json(target)
        return
    waiting = f" ({target['pending']} pending)" if target["pending"] else ""
    print_text(f"{name} {done}{waiting}.")


def _path(name: str) -> tuple[str, ...]:
    plugin, target = split_name(name)
    return "targets", plugin or ENDPOINTS, target


def _row(target: Document) -> tuple[object, ...]:
    name = target_name(target["plugin"], target["target"])
    oldest = target["oldest_at"] and relative(target["oldest_at"])
    return name, target["state"], target["pending"], oldest, local(target["since"]), target["reason"]


def _fields(target: Document) -> dict[str, object]:
    return {
        "endpoint": target_name(target["plugin"], target["target"]),
        "state": target["state"],
        "reason": target["reason"],
        "since": local(target["since"]),
        "pending": target["pending"],
        "oldest": target["oldest_at"] and relative(target["oldest_at"]),
    }


def _rules(rules: Document) -> dict[str, object]:
    breaker, backlog, coalesce = rules["breaker"], rules["backlog"], rules["coalesce"]
    return {
        "timeout": span(rules["timeout"]),
        "concurrency": rules["concurrency"],
        "retry": ", ".join(span(delay) for delay in rules["retry"]),
        "rate": rules["rate_per_second"] and f"{rules['rate_per_second']:g}/s",
        "ordered": "yes" if rules["ordered"] else "no",
        "coalesce": coalesce
        and f"{coalesce['keep']}, {span(coalesce['wait'])} to {span(coalesce['max_wait'])} after the first event",
        "breaker": breaker
        and f"after {breaker['failures']} failures in a row, {span(breaker['wait'])} to {span(breaker['longest'])}",
        "disabled after": rules["disable_after"] and f"{span(rules['disable_after'])} of nothing but failures",
        "backlog": f"{span(backlog['age'])}, {backlog['rows']} deliveries, {backlog['size']} bytes",
    }
