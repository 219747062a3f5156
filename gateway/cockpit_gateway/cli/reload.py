"""`cockpit-gateway reload`: the configuration file as it is now, in the gateway that runs."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_table, print_text


def reload(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Put the configuration file in force, without an event lost; exits with 1 if it has mistakes.

    All of it, or nothing: with a mistake in it, or a plugin that does not start, the gateway goes on as it was.
    """
    with connect(find_config(config), daemon_only=True) as client:
        reloaded = client.post("reload")
    if as_json:
        print_json(reloaded)
    else:
        _print(reloaded["changes"], reloaded["needs_restart"])
        for node in reloaded["nodes"]:
            if node["problem"]:
                print_text(f"{node['name']} goes on as it was: {node['problem']}", "red")


def _print(changes: Sequence[Document], deferred: Sequence[Document]) -> None:
    if not changes and not deferred:
        print_text("Nothing is different.")
        return
    rows = [(change["setting"], change["change"], "in force") for change in changes]
    rows += [(change["setting"], change["change"], "needs a restart") for change in deferred]
    print_table(("setting", "change", "state"), rows)
    if deferred:
        print_text("`cockpit-gateway restart` puts the rest in force, without losing an event.", "yellow")
