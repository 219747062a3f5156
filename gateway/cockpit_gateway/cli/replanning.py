"""Stored events that are replayed through today's configuration."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cockpit_gateway.cli.bulk import Manner, counted, progress, steps, warn
from cockpit_gateway.cli.client import Client, Document, Query, connect
from cockpit_gateway.cli.options import find_config
from cockpit_gateway.cli.output import print_json, print_table, print_text
from cockpit_gateway.cli.targets import target_name
from cockpit_gateway.cli.times import local


@dataclass
class Plan:
    """What events give rise to, added up step by step."""

    events: int = 0
    targets: dict[tuple[str, str], Document] = field(default_factory=dict[tuple[str, str], Document])
    failed: Counter[str] = field(default_factory=Counter[str])

    @property
    def deliveries(self) -> int:
        """How many deliveries."""
        return sum(target["deliveries"] for target in self.targets.values())

    def add(self, step: Document) -> None:
        """Add a step."""
        self.events += step["events"]
        self.failed.update(step["failed"])
        for found in step["targets"]:
            self._add_target(found)

    def document(self) -> Document:
        """Return it as JSON."""
        targets = [self.targets[name] for name in sorted(self.targets)]
        return {"events": self.events, "targets": targets, "failed": dict(self.failed)}

    def _add_target(self, found: Document) -> None:
        total = self.targets.setdefault((found["plugin"], found["target"]), found)
        if total is not found:
            total["deliveries"] += found["deliveries"]
            total["repeated"] += found["repeated"]
            total["oldest"] = min(total["oldest"], found["oldest"])
            total["newest"] = max(total["newest"], found["newest"])


def replay_events(query: Query, manner: Manner, config: Path | None) -> None:
    """Show what today's configuration makes of stored events, and make it so if that is wanted.

    Args:
        query: Which events, and for which target.
        manner: How the person wants it done.
        config: The configuration file as it was named.
    """
    planned, made = Plan(), Plan()
    with connect(find_config(config)) as client:
        begin = _plan(client, query, planned)
        if not manner.as_json:
            _show(planned)
        question = f"Make {counted(planned.deliveries, 'delivery')} of {counted(planned.events, 'event')}?"
        try:
            if planned.deliveries and manner.agrees(question):
                _make(client, {**query, "cursor": begin}, planned.events, made)
        finally:
            if manner.as_json:
                print_json({"planned": planned.document(), "made": made.document()})
            elif planned.deliveries:
                print_text(_result(made))


def _plan(client: Client, query: Query, plan: Plan) -> str:
    """Plan the events; returns where it began, so that the replay takes the same events."""
    begin, before = "", 0.0
    with progress("plan", 1.0) as advance:
        for step in steps(client.get, "events", "replay", query=query):
            plan.add(step)
            advance(step["done"] - before)
            begin, before = step["begin"], step["done"]
    return begin


def _make(client: Client, query: Query, total: int, made: Plan) -> None:
    """Make the deliveries, and count them as it goes: they count whatever happens later."""
    with progress("replay", total) as advance:
        for step in steps(client.post, "events", "replay", query=query):
            made.add(step)
            advance(step["events"])


def _show(plan: Plan) -> None:
    if plan.targets:
        columns = ("endpoint", "deliveries", "delivered before", "oldest", "newest", "held")
        print_table(columns, [_row(target) for target in plan.document()["targets"]])
    else:
        print_text(f"There is nothing to replay: {counted(plan.events, 'event')}, and no delivery comes of them.")
    for plugin, count in plan.failed.items():
        warn(f"{plugin} could not plan {counted(count, 'event')}; the gateway's log says why.")


def _row(target: Document) -> tuple[object, ...]:
    return (
        target_name(target["plugin"], target["target"]),
        target["deliveries"],
        target["repeated"] or None,
        local(target["oldest"]),
        local(target["newest"]),
        target["held"],
    )


def _result(made: Plan) -> str:
    if not made.events:
        return "Nothing was changed."
    return f"Made {counted(made.deliveries, 'delivery')} of {counted(made.events, 'event')}."
