"""What `cockpit-gateway plan` has found: as a document, and as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cockpit_gateway.cli.bulk import counted, warn
from cockpit_gateway.cli.client import Document
from cockpit_gateway.cli.output import print_table, print_text
from cockpit_gateway.cli.targets import target_name
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.events import JSONValue

if TYPE_CHECKING:
    from cockpit_gateway.config.changes import SettingChange
    from cockpit_gateway.events import Event
    from cockpit_gateway.rehearsal import Cast, Rehearsal, Share


def document_of(
    before: Cast,
    after: Cast,
    rehearsal: Rehearsal,
    pending: Mapping[TargetId, int],
    stored: Sequence[Document],
    problem: str | None,
) -> Document:
    """Return what was found as JSON.

    Args:
        before: The configuration in force.
        after: The other one.
        rehearsal: What they make of the stored events.
        pending: Deliveries that wait, by target.
        stored: The endpoints of the store.
        problem: Why the events could not be read, None if they could.
    """
    from cockpit_gateway.config.changes import changes

    changed = [*changes(before.settings, after.settings)]
    return {
        "settings": [_setting(change) for change in changed],
        "targets": [
            *(_target(target_id, "added") for target_id in sorted(after.targets - before.targets)),
            *(
                _target(target_id, "removed") | {"pending": pending.get(target_id, 0)}
                for target_id in sorted(before.targets - after.targets)
            ),
            *(
                _target(target_id, "changed")
                for target_id in sorted(before.targets & after.targets)
                if any(_is_of(change, target_id) for change in changed)
            ),
        ],
        "stored": [
            _target_id(target_id) | {"is_taken": target_id in after.targets}
            for target_id in (TargetId(found["plugin"], found["name"]) for found in stored)
        ],
        "events": rehearsal.events,
        "deliveries": [
            _target_id(target_id) | _share(share)
            for target_id, share in sorted(rehearsal.shares.items())
            if target_id in before.targets | after.targets
        ],
        "failed": {which: dict(counts) for which, counts in rehearsal.failed.items()},
        "problem": problem,
    }


def print_plan(found: Document) -> None:
    """Print what was found for people."""
    print_text("Settings", "bold")
    settings = [(change["path"], _arrow(change), _restart(change)) for change in found["settings"]]
    _print(("setting", "is → would be", ""), settings, "No setting would change.")
    print_text("\nEndpoints and other targets", "bold")
    targets = [(_name(target), target["what"], _held(target)) for target in found["targets"]]
    _print(("target", "", ""), targets, "No target would change.")
    for endpoint in found["stored"]:
        if endpoint["is_taken"]:
            warn(
                f"The store has an endpoint {_name(endpoint)}, too: a reload refuses this file; delete one of the two."
            )
    if staying := [_name(endpoint) for endpoint in found["stored"] if not endpoint["is_taken"]]:
        print_text(f"Of the store, and not part of this: {', '.join(staying)}.")
    print_text("\nStored events", "bold")
    if found["problem"] is not None:
        warn(f"They cannot be read: {found['problem']}")
        return
    print_text(f"{counted(found['events'], 'event')}, planned by the configuration in force and by the other one")
    columns = ("target", "deliveries made", "sends today", "would send", "difference")
    shares = [
        (_name(share), share["made"], share["before"], share["after"], _difference(share))
        for share in found["deliveries"]
    ]
    _print(columns, shares, "None of them goes anywhere.")
    for share in found["deliveries"]:
        for example in share["examples"]:
            print_text(f"  {_example(share, example)}")
    for which, counts in found["failed"].items():
        for plugin, count in counts.items():
            warn(f"{plugin} could not plan {counted(count, 'event')} ({which}).")


def _print(columns: Sequence[str], rows: Sequence[Sequence[object]], otherwise: str) -> None:
    if rows:
        print_table(columns, rows)
    else:
        print_text(otherwise)


def _setting(change: SettingChange) -> Document:
    from cockpit_gateway.config.problems import render_path

    return {
        "path": render_path(change.path),
        "before": change.before,
        "after": change.after,
        "needs_restart": change.needs_restart,
    }


def _is_of(change: SettingChange, target_id: TargetId) -> bool:
    """Tell whether a setting is one of a target: it stands in its plugin's section, below its name."""
    return change.path[:2] == ("plugins", target_id.plugin) and target_id.target in change.path[2:4]


def _target(target_id: TargetId, what: str) -> Document:
    return _target_id(target_id) | {"what": what}


def _target_id(target_id: TargetId) -> Document:
    return {"plugin": target_id.plugin, "target": target_id.target}


def _share(share: Share) -> Document:
    return {
        "made": share.made,
        "before": share.before,
        "after": share.after,
        "gained": share.gained,
        "lost": share.lost,
        "examples": [_event(kind, event) for kind, event in share.examples],
    }


def _event(kind: str, event: Event) -> Document:
    from cockpit_gateway.transports import iso

    return {
        "kind": kind,
        "event": event.id,
        "name": event.name,
        "source": event.source,
        "subjects": list(event.subjects),
        "received_at": iso(event.received_at),
    }


def _name(found: Document) -> str:
    return target_name(found["plugin"], found["target"])


def _arrow(change: Document) -> str:
    before, after = (_shown(change[which]) for which in ("before", "after"))
    return f"{before} → {after}" if before != after else f"{before}, another one"


def _shown(value: JSONValue) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _restart(change: Document) -> str:
    return "needs a restart" if change["needs_restart"] else ""


def _held(target: Document) -> str:
    pending = target.get("pending")
    return f'{counted(pending, "pending delivery")} would be held as "no target"' if pending else ""


def _difference(share: Document) -> str:
    parts = (f"{share['gained']} new" if share["gained"] else "", f"{share['lost']} no longer" if share["lost"] else "")
    return ", ".join(filter(None, parts))


def _example(share: Document, example: Document) -> str:
    verb = "new to" if example["kind"] == "gained" else "no longer to"
    subject = " ".join(example["subjects"])
    return f"{verb} {_name(share)}: {example['event']} {example['name']} {subject}"
