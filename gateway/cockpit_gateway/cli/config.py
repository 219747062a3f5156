"""`cockpit-gateway config`: what the configuration comes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cockpit_gateway.cli.client import connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json
from cockpit_gateway.cli.stored import stored_endpoints
from cockpit_gateway.cli.yaml_lines import print_settings
from cockpit_gateway.errors import GatewayError

if TYPE_CHECKING:
    from cockpit_gateway.config import ShownSetting

app = typer.Typer(name="config", help="What the configuration comes to.", no_args_is_help=True)


@app.command()
def show(
    *,
    effective: Annotated[
        bool, typer.Option("--effective", help="Every setting, those that are not written with their defaults.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show the settings without their secrets, each with where it comes from; exits with 2 if there are mistakes.

    While the gateway runs, the endpoints that live in its store are among them, as they were made.
    """
    from cockpit_gateway.config import ConfigFile, nested, storable_field, with_entries
    from cockpit_gateway.config.problems import render_path
    from cockpit_gateway.daemon import validate

    path = find_config(config)
    file = ConfigFile.read(path)
    validated, registry, _ = validate(file)
    settings: Sequence[ShownSetting] = file.shown(validated, registry.config_models(), effective=effective)
    field = storable_field(registry.config_models())
    if field is not None:
        settings = with_entries(settings, field.path, _stored(path))
    if as_json:
        origins = {render_path(setting.path): setting.origin for setting in settings}
        print_json({"settings": nested(settings), "origins": origins})
    else:
        print_settings(settings)


def _stored(path: Path) -> dict[str, Any]:
    """Return the settings of the endpoints that the running gateway has in its store; of those that take part."""
    try:
        with connect(path, daemon_only=True) as client:
            return {found["name"]: found["settings"] for found in stored_endpoints(client) if not found["mistakes"]}
    except GatewayError:
        return {}
