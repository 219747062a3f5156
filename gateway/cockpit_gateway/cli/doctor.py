"""`cockpit-gateway doctor`: what is wrong around the gateway, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit_gateway.cli.client import connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_table
from cockpit_gateway.errors import GatewayError, UnreachableError

if TYPE_CHECKING:
    from cockpit_gateway.doctor import Finding, Told


def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Connect to nobody: look at this machine alone.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Look at the configuration, files, disk, clock, addresses, certificates, receivers, and the running gateway.

    Receivers are connected to, and nothing is sent. Exits with 1 if something does not work.
    """
    from cockpit_gateway.doctor import Health

    path = find_config(config)
    findings = asyncio.run(_examine(path, _ask(path), offline=offline))
    failed = any(finding.health is Health.FAIL for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [finding._asdict() for finding in findings]})
    else:
        print_table(("", "what", "found, and what to do"), [row for found in findings for row in _rows(found)])
    if failed:
        raise typer.Exit(1)


def _ask(path: Path) -> Told:
    """Return what the running gateway says of itself and of its endpoints; nothing if none runs."""
    from cockpit_gateway.doctor import Told

    try:
        with connect(path, daemon_only=True) as client:
            return Told(client.get("status"), client.every("endpoints")["endpoints"])
    except UnreachableError as error:
        return Told(problem=str(error))
    except GatewayError:
        return Told()


async def _examine(path: Path, told: Told, *, offline: bool) -> list[Finding]:
    from cockpit_gateway.doctor import examine

    return [finding async for finding in examine(path, told, offline=offline)]


def _rows(found: Finding) -> Iterator[tuple[str, str, str]]:
    yield found.health, found.about, found.what
    if found.cure is not None:
        yield "", "", f"→ {found.cure}"
