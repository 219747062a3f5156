"""`cockpit-gateway schema`: what editors check a configuration by, and programs make clients of the API from."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit_gateway.cli.options import ConfigOption, usual_config
from cockpit_gateway.cli.output import print_json


def schema(
    *,
    openapi: Annotated[bool, typer.Option("--openapi", help="Print the description of the API instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Print the JSON Schema of the configuration, with the sections of its plugins."""
    from cockpit_gateway import __version__
    from cockpit_gateway.config import ConfigFile, json_schema
    from cockpit_gateway.daemon import load_plugins
    from cockpit_gateway.web.api import openapi_document

    path = config or usual_config()
    file = ConfigFile.from_text("", "no file") if path is None else ConfigFile.read(path)
    models = load_plugins(file).config_models()
    print_json(openapi_document(__version__, models) if openapi else json_schema(models))
