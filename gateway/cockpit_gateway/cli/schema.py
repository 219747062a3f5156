"""`cockpit-gateway schema`: what an editor completes and checks a configuration by."""

from __future__ import annotations

from cockpit_gateway.cli.options import ConfigOption, usual_config
from cockpit_gateway.cli.output import print_json


def schema(*, config: ConfigOption = None) -> None:
    """Print the JSON Schema of the configuration, with the sections of its plugins."""
    from cockpit_gateway.config import ConfigFile, json_schema
    from cockpit_gateway.daemon import load_plugins

    path = config or usual_config()
    file = ConfigFile.from_text("", "no file") if path is None else ConfigFile.read(path)
    print_json(json_schema(load_plugins(file).config_models()))
