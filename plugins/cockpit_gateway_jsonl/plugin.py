"""The jsonl plugin: writes down what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cockpit_gateway import Delivery, Event, Explained, Planned, PluginContext, Target, hookimpl
from cockpit_gateway.transports import Planning
from cockpit_gateway_jsonl.lines import line
from cockpit_gateway_jsonl.settings import AuditFile, Config
from cockpit_gateway_jsonl.writing import Writer


class JsonlPlugin:
    """One target per file; an attempt adds the line of an event, or those of a burst."""

    Config = Config

    def __init__(self) -> None:
        self._writers: dict[str, Writer] = {}
        self._planning: Planning | None = None

    @hookimpl
    def register_targets(self, context: PluginContext) -> list[Target]:
        """Name the files."""
        config: Config = context.config
        self._planning = Planning(config.files, context)
        self._writers = {name: Writer(file, context) for name, file in config.files.items()}
        return [file.target(name, context.catalogue, _fingerprint(file)) for name, file in config.files.items()]

    @hookimpl
    def plan_deliveries(self, event: Event) -> list[Planned]:
        """Say which files this event is written to."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.plan(event)

    @hookimpl
    def explain_deliveries(self, event: Event) -> list[Explained]:
        """Say which files this event is written to, and why."""
        assert self._planning is not None  # noqa: S101 - register_targets comes first
        return self._planning.explain(event)

    @hookimpl
    async def deliver(self, delivery: Delivery, events: Sequence[Event]) -> None:
        """Write one line per event, and return when they are on the disk."""
        await self._writers[delivery.target].write(b"".join(line(delivery, event) for event in events))

    @hookimpl
    def gateway_started(self) -> None:
        """Finish what the process before this one may have left undone."""
        for writer in self._writers.values():
            writer.resume()


def _fingerprint(file: AuditFile) -> str:
    return hashlib.sha256(str(file.path).encode()).hexdigest()
