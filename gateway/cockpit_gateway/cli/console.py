"""`cockpit-gateway console`: a link into the console."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli.client import connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import out, print_json, print_text


def console(
    *,
    opens: Annotated[bool, typer.Option("--open", help="Open it in this machine's browser, too.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make a link that opens the console in a browser, once and within five minutes, without a token."""
    with connect(find_config(config), daemon_only=True) as client:
        link = client.post("console-links")
    if as_json:
        print_json(link)
    else:
        print_text(link["url"])
    if out.is_terminal and not as_json:
        print_text("It opens the console once, within five minutes, for whoever has it.", "dim")
    if opens:
        typer.launch(link["url"])
