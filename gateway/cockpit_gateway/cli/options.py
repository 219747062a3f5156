"""Options that several commands share, and how the configuration file is found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from cockpit_gateway.errors import ConfigError

USUAL_PLACES = (
    Path("config/gateway.yaml"),
    Path("gateway.yaml"),
    Path("/etc/cockpit-gateway/gateway.yaml"),
)
"""Where the configuration is looked for when nobody says where it is."""

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="COCKPIT_GATEWAY_CONFIG",
        metavar="PATH",
        help="The configuration; by default the first of config/gateway.yaml, gateway.yaml and "
        "/etc/cockpit-gateway/gateway.yaml.",
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LimitOption: TypeAlias = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")]


def find_config(given: Path | None) -> Path:
    """Return the configuration file to use.

    Args:
        given: As named by the option or by `COCKPIT_GATEWAY_CONFIG`.

    Raises:
        ConfigError: nobody named one, and there is none in the usual places.
    """
    found = given or usual_config()
    if found is None:
        tried = ", ".join(map(str, USUAL_PLACES))
        raise ConfigError(
            f"no configuration found; tried {tried}. Name one with --config PATH or COCKPIT_GATEWAY_CONFIG."
        )
    return found


def usual_config() -> Path | None:
    """Return the first configuration in the usual places, None if there is none."""
    return next((place for place in USUAL_PLACES if place.is_file()), None)
