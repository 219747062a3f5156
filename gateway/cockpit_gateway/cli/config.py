"""`cockpit-gateway config`: what the configuration comes to."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json
from cockpit_gateway.cli.yaml_lines import print_settings

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
    """Show the settings without their secrets, each with where it comes from; exits with 2 if there are mistakes."""
    from cockpit_gateway.config import ConfigFile, nested
    from cockpit_gateway.config.problems import render_path
    from cockpit_gateway.daemon import validate

    file = ConfigFile.read(find_config(config))
    validated, registry, _ = validate(file)
    settings = file.shown(validated, registry.config_models(), effective=effective)
    if as_json:
        origins = {render_path(setting.path): setting.origin for setting in settings}
        print_json({"settings": nested(settings), "origins": origins})
    else:
        print_settings(settings)
