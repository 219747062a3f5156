"""`cockpit-gateway nodes`: the gateways that share the store."""

from __future__ import annotations

from collections import Counter

from cockpit_gateway.cli.client import Document, connect
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import print_json, print_table, print_text
from cockpit_gateway.cli.targets import target_name
from cockpit_gateway.cli.times import relative

ALIKE = "Give all the same sources, endpoints and encryption.keys, and reload those that are to change."


def nodes(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the gateways that share the store: whether they live, and the endpoints that each delivers to."""
    with connect(find_config(config), daemon_only=True) as client:
        found = client.get("nodes")
    if as_json:
        print_json(found)
        return
    columns = ("node", "state", "version", "address", "started", "delivers to")
    print_table(columns, [_row(node) for node in found["nodes"]])
    differing = [node["name"] for node in found["nodes"] if node["differs"]]
    if differing:
        print_text(f"\nAnother configuration than here: {', '.join(differing)}. {ALIKE}")
    names = Counter(node["name"] for node in found["nodes"] if node["state"] != "gone")
    for name in (name for name, count in names.items() if count > 1):
        print_text(f"\n{names[name]} nodes have the name {name}: give each its own by `node`.")
    for node in found["nodes"]:
        if node["problem"]:
            print_text(f"\n{node['name']} could not reload: {node['problem']}")


def _row(node: Document) -> tuple[object, ...]:
    targets = [target_name(target["plugin"], target["target"]) for target in node["targets"]]
    started = relative(node["started_at"])
    return node["name"], node["state"], node["version"], node["address"], started, ", ".join(targets)
