"""`cockpit-gateway healthcheck`: whether the daemon takes and delivers events."""

from __future__ import annotations

import typer

from cockpit_gateway.cli.client import connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_text


def healthcheck(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Ask the running gateway whether it takes and delivers events; exits with 1 if not, or if none runs."""
    with connect(find_config(config), daemon_only=True) as client:
        status = client.get("status")
    if as_json:
        print_json(status)
    elif status["unready"] is None:
        print_text(f"ready: process {status['pid']}, version {status['version']}", "green")
    else:
        print_text(f"not ready: {status['unready']}", "red")
    if status["unready"] is not None:
        raise typer.Exit(1)
