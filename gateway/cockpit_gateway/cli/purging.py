"""Events that are deleted for good."""

from __future__ import annotations

from pathlib import Path

from cockpit_gateway.cli.bulk import Manner, counted, progress, steps, warn
from cockpit_gateway.cli.client import Client, Query, connect
from cockpit_gateway.cli.options import find_config
from cockpit_gateway.cli.output import print_json, print_text

COUNTED = ("events", "deliveries", "pending", "running")


def purge_events(query: Query, manner: Manner, config: Path | None) -> None:
    """Show what a filter finds, and delete it if that is wanted.

    Args:
        query: Which events.
        manner: How the person wants it done.
        config: The configuration file as it was named.
    """
    with connect(find_config(config)) as client:
        found = _count(client, query)
        if not manner.as_json:
            print_text(_found(found))
        purged = {"events": 0, "skipped": 0}
        traceless = None
        try:
            if found["events"] and manner.agrees(f"Delete {counted(found['events'], 'event')} for good?"):
                traceless = _purge(client, query, found["events"], purged)
        finally:
            if manner.as_json:
                print_json({"found": {**found}, "purged": {**purged}, "traceless": traceless})
            elif found["events"]:
                _report(purged, traceless)


def _count(client: Client, query: Query) -> dict[str, int]:
    found: dict[str, int] = dict.fromkeys(COUNTED, 0)
    for step in steps(client.get, "events", "purge", query=query):
        for name in COUNTED:
            found[name] += step[name]
    return found


def _purge(client: Client, query: Query, total: int, purged: dict[str, int]) -> bool | None:
    """Delete, and count what is deleted as it goes; return whether nothing of it is left in the store's files."""
    traceless = None
    with progress("purge", total) as advance:
        for step in steps(client.post, "events", "purge", query=query):
            for name in purged:
                purged[name] += step[name]
            advance(step["events"] + step["skipped"])
            traceless = step["traceless"]
    return traceless


def _found(found: dict[str, int]) -> str:
    if not found["events"]:
        return "There is nothing to purge: no event is like that."
    parts = [counted(found["events"], "event"), counted(found["deliveries"], "delivery")]
    waiting = f", {found['pending']:,} of them not made yet" if found["pending"] else ""
    return f"Found {' with '.join(parts)}{waiting}."


def _report(purged: dict[str, int], traceless: bool | None) -> None:  # noqa: FBT001 - what the API says
    print_text(f"Purged {counted(purged['events'], 'event')}.")
    if purged["skipped"]:
        warn(f"{counted(purged['skipped'], 'event')} left: being delivered just now. Purge again, or pause first.")
    if traceless is False:
        warn("Something reads the store all the time: traces are left in its log. Purge again to remove them.")
