"""`cockpit-gateway restart`: a new process in place of the old one, without an event lost."""

from __future__ import annotations

import time
from pathlib import Path

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_text
from cockpit_gateway.errors import GatewayError

PATIENCE = 120.0
"""Seconds that the new process gets to be ready: what runs in the old one may take its grace period."""


def restart(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Hand over to a new process: the installed program with the configuration as it is now.

    It prepares first; if it cannot, the old one goes on. Events that are posted meanwhile are answered.
    """
    path = find_config(config)
    with connect(path, daemon_only=True) as client:
        handed = client.post("restart")
    deadline = time.monotonic() + PATIENCE
    while (status := _status(path, handed["successor"])) is None:
        if time.monotonic() > deadline:
            raise GatewayError(
                f"process {handed['successor']} is not ready after {PATIENCE:g} seconds; its log says why"
            )
        time.sleep(0.1)
    if as_json:
        print_json({**handed, "version": status["version"]})
    else:
        print_text(f"Process {handed['successor']} runs in place of {handed['pid']}, version {status['version']}.")


def _status(config: Path, pid: int) -> Document | None:
    """Return what the new process says of itself, None while it does not answer, or is not ready."""
    try:
        with connect(config, daemon_only=True) as client:
            status = client.get("status")
    except GatewayError:
        return None
    return status if status["pid"] == pid and status["unready"] is None else None
