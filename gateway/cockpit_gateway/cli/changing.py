"""Deliveries that are replayed or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

import typer

from cockpit_gateway.cli.bulk import Manner, counted, progress, steps, warn
from cockpit_gateway.cli.client import Client, Document, Query, connect
from cockpit_gateway.cli.filters import DeadLetterChoice
from cockpit_gateway.cli.options import find_config
from cockpit_gateway.cli.output import print_json, print_table, print_text
from cockpit_gateway.cli.targets import target_name
from cockpit_gateway.cli.times import local
from cockpit_gateway.deliveries import DeliveryState

IdsArgument: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="ID…", help="Only these deliveries, in whatever state they are.")
]
NewIdOption: TypeAlias = Annotated[
    bool, typer.Option("--new-id", help="Send them under new ids, so that receivers do not take them for repetitions.")
]


class Verb(NamedTuple):
    """What is done to deliveries: as the API calls it, as a question and as a result."""

    path: str
    asked: str
    done: str


REPLAY = Verb("replay", "Replay", "Replayed")
CANCEL = Verb("cancel", "Cancel", "Cancelled")


def replay_query(chosen: DeadLetterChoice, ids: Sequence[str] | None, *, new_id: bool) -> Query:
    """Return the parameters of a replay."""
    return {**chosen.query(), "id": ids, "new_id": "true" if new_id else None}


def change_deliveries(verb: Verb, query: Query, manner: Manner, config: Path | None) -> None:
    """Show what a filter finds, and replay or cancel it if that is wanted.

    Args:
        verb: What to do.
        query: Which deliveries, and how.
        manner: How the person wants it done.
        config: The configuration file as it was named.
    """
    with connect(find_config(config)) as client:
        found: list[Document] = client.get("deliveries", verb.path, query=_which(query))["found"]
        if not manner.as_json:
            _show(found, verb)
        total = sum(tally["deliveries"] for tally in found)
        done = {"changed": 0, "skipped": 0}
        try:
            if total and manner.agrees(f"{verb.asked} {counted(total, 'delivery')}?"):
                _change(client, verb, query, total, done)
        finally:
            if manner.as_json:
                print_json({"found": [*found], **done})
            elif total:
                print_text(_result(verb, done))


def _which(query: Query) -> Query:
    """Return which deliveries are meant, without how they are changed."""
    return {name: value for name, value in query.items() if name != "new_id"}


def _change(client: Client, verb: Verb, query: Query, total: int, done: dict[str, int]) -> None:
    """Do it, and count what is done as it goes: it counts whatever happens later."""
    with progress(verb.path, total) as advance:
        for step in steps(client.post, "deliveries", verb.path, query=query):
            for count in done:
                done[count] += step[count]
            advance(step["changed"] + step["skipped"])


def _show(found: Sequence[Document], verb: Verb) -> None:
    if not found:
        print_text(f"There is nothing to {verb.path}: no delivery is like that.")
        return
    columns = ("endpoint", "state", "deliveries", "oldest", "newest", "overtaken", "held")
    print_table(columns, [_row(tally) for tally in found])
    overtaken = sum(tally["overtaken"] for tally in found)
    if overtaken and verb is REPLAY:
        warn(
            f"{counted(overtaken, 'delivery')} overtaken: a newer event about the same subject has already been "
            "delivered to the same endpoint, and would be followed by an older one."
        )
    running = sum(tally["deliveries"] for tally in found if tally["state"] == DeliveryState.RUNNING)
    if running:
        warn(f"{counted(running, 'delivery')} running: what is under way is left alone.")


def _row(tally: Document) -> tuple[object, ...]:
    return (
        target_name(tally["plugin"], tally["target"]),
        tally["state"],
        tally["deliveries"],
        local(tally["oldest"]),
        local(tally["newest"]),
        tally["overtaken"] or None,
        tally["held"],
    )


def _result(verb: Verb, done: dict[str, int]) -> str:
    if not done["changed"] and not done["skipped"]:
        return "Nothing was changed."
    left_alone = f"; {done['skipped']:,} left alone, running or changed meanwhile" if done["skipped"] else ""
    return f"{verb.done} {counted(done['changed'], 'delivery')}{left_alone}."
