"""`cockpit-gateway plugins`: what is installed, and whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.completing import plugin_names
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config, usual_config
from cockpit_gateway.cli.output import print_json, print_table, print_text
from cockpit_gateway.errors import GatewayError

app = typer.Typer(name="plugins", help="What is installed, and whether it works.", no_args_is_help=True)


@app.command("list")
def list_plugins(
    *,
    hook: Annotated[str | None, typer.Option("--hook", metavar="HOOK", help="Only those that implement it.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the plugins with their hooks, broken and disabled ones too; exits with 1 if one is broken."""
    found = _ask(config)
    if hook is not None:
        found = {"plugins": [plugin for plugin in found["plugins"] if hook in plugin["hooks"]]}
    if as_json:
        print_json(found)
    else:
        _print(found["plugins"])
    if any(plugin["status"] == "broken" for plugin in found["plugins"]):
        raise typer.Exit(1)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, as it will be in the configuration.")],
    directory: Annotated[
        Path, typer.Option("--directory", "-d", metavar="DIRECTORY", help="Where its own directory is made.")
    ] = Path(),
) -> None:
    """Write a package with a plugin and its tests, to begin from."""
    from cockpit_gateway.cli.new_plugin import write_plugin

    target = write_plugin(name, directory)
    print_text(f"Wrote {target}. Go on there, in the environment that the gateway is installed in:\n")
    print_text("  pip install --editable '.[test]'\n  pytest")


@app.command("trace")
def trace(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", autocompletion=plugin_names, help="Only these plugins.", show_default=False),
    ] = None,
    *,
    hook: Annotated[
        list[str] | None, typer.Option("--hook", metavar="HOOK", help="Only this hook; may be given several times.")
    ] = None,
    arguments: Annotated[bool, typer.Option("--arguments", help="Show what Cockpit sent: it may be personal.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """See calls of hooks in the running gateway as they end; Ctrl-C ends it."""
    from cockpit_gateway.cli.tracing import print_trace

    query = {"plugin": names, "hook": hook, "arguments": "true" if arguments else None}
    print_trace(query, find_config(config), as_json=as_json)


@app.command("run", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The plugin.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="…", help="A command of it; --help lists them.")
    ] = None,
    *,
    config: ConfigOption = None,
) -> None:
    """Run a command that a plugin adds."""
    from cockpit_gateway.cli.plugin_commands import run_command

    run_command(name, arguments or [], find_config(config))


def _ask(config: Path | None) -> Document:
    """Ask the daemon, which knows what is stuck; without one, load the plugins here."""
    from cockpit_gateway.config import ConfigFile
    from cockpit_gateway.daemon import load_plugins
    from cockpit_gateway.web.api.views.targets import PluginSummary

    path = config or usual_config()
    file = ConfigFile.from_text("", "no file") if path is None else ConfigFile.read(path)

    try:
        with connect(find_config(config), daemon_only=True) as client:
            return client.every("plugins")
    except GatewayError:
        plugins = load_plugins(file).plugins.values()
        return {"plugins": [PluginSummary.of(plugin, plugin.status).model_dump() for plugin in plugins]}


def _print(plugins: list[Document]) -> None:
    print_table(("name", "version", "from", "status", "hooks"), [_row(plugin) for plugin in plugins])
    for plugin in plugins:
        told = [plugin["problem"], *plugin["warnings"]]
        if any(told):
            print_text(f"\n{plugin['name']}", "bold")
            print_text("\n".join(filter(None, told)))


def _row(plugin: Document) -> tuple[object, ...]:
    origin = plugin["distribution"] or plugin["place"]
    return plugin["name"], plugin["version"], origin, plugin["status"], " ".join(plugin["hooks"])
